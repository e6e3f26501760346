/**
 * The operators' port: `/health` (is it alive?), `/ready` (may it get traffic?), `/metrics`, `/stats`. Reads only;
 * serves no files; listens on the loopback address unless the manifest says otherwise.
 */
import Fastify, { type FastifyInstance } from 'fastify';
import { type Clock, systemClock } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import { httpLimits } from './limits.ts';
import type { Reports } from './reports.ts';

export interface HttpServer {
  /** As bound: with the real port where 0 was asked for. */
  readonly url: string;
  /** Resolves when every connection is closed. */
  close(): Promise<void>;
}

/**
 * @param at `observability.http`; port 0 takes any free one
 * @throws UsageError `RT_ENVIRONMENT` when the address cannot be listened on
 */
export async function startHttpServer(
  at: { readonly host: string; readonly port: number },
  reports: Reports,
  clock: Clock = systemClock,
): Promise<HttpServer> {
  const server = Fastify({
    bodyLimit: httpLimits.bodyBytes,
    requestTimeout: httpLimits.requestTimeoutMs,
    keepAliveTimeout: httpLimits.keepAliveTimeoutMs,
    maxRequestsPerSocket: httpLimits.requestsPerConnection,
    forceCloseConnections: true,
    http: {
      maxHeaderSize: httpLimits.headerBytes,
      headersTimeout: httpLimits.headersTimeoutMs,
      connectionsCheckingInterval: httpLimits.checkIntervalMs,
    },
  });
  server.server.maxConnections = httpLimits.connections;
  addRoutes(server, reports, clock);
  answerMistakes(server);
  try {
    const url = await server.listen({ host: at.host, port: at.port });
    return { url, close: () => server.close() };
  } catch (error) {
    await server.close();
    throw cannotListen(at, error as NodeJS.ErrnoException);
  }
}

function addRoutes(server: FastifyInstance, reports: Reports, clock: Clock): void {
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  });
  server.get('/health', (_request, reply) => {
    const { healthy, body } = reports.health();
    return reply.code(healthy ? 200 : 503).send(body);
  });
  server.get('/ready', (_request, reply) => {
    const ready = reports.ready();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  server.get('/stats', () => reports.stats());

  let rendered: { readonly at: number; readonly answer: ReturnType<Reports['metrics']> } | null = null;
  server.get('/metrics', async (_request, reply) => {
    if (rendered === null || clock.now() - rendered.at >= httpLimits.metricsAgeMs) {
      rendered = { at: clock.now(), answer: reports.metrics() };
    }
    const { contentType, text } = await rendered.answer;
    return reply.type(contentType).send(text);
  });
}

/** Errors are JSON `{error}`, and never tell more than the client can know already. */
function answerMistakes(server: FastifyInstance): void {
  const paths = new Set(['/health', '/ready', '/stats', '/metrics']);
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (!paths.has(path)) return reply.code(404).send({ error: 'not found' });
    return reply.code(405).header('allow', 'GET, HEAD').send({ error: 'only GET is answered here' });
  });
  server.setErrorHandler((error: { readonly statusCode?: number; readonly message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ error: status < 500 ? error.message : 'internal error' });
  });
}

function cannotListen(at: { readonly host: string; readonly port: number }, cause: NodeJS.ErrnoException): UsageError {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use, by another process of this program perhaps',
    EACCES: 'ports below 1024 need rights that this process does not have',
    EADDRNOTAVAIL: 'this machine does not have that address',
    ENOTFOUND: 'the host name is not known',
  };
  const reason = why[cause.code ?? ''] ?? cause.message;
  return new UsageError(
    'RT_ENVIRONMENT',
    `observability.http: cannot listen on ${at.host}:${at.port}: ${reason}. Set another port (0 takes any free one).`,
    { retryable: false, cause },
  );
}
