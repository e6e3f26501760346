/**
 * The operators' port: `/health` (is it alive?), `/ready` (may it get traffic?), `/metrics`, `/stats`. Reads only;
 * serves no files; listens on the loopback address unless the manifest says otherwise.
 */
import type { FastifyInstance } from 'fastify';
import { type Clock, systemClock } from '../core/clock.ts';
import { boundedServer, listenAt } from './bounded-server.ts';
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
  const server = boundedServer(httpLimits);
  addRoutes(server, reports, clock);
  answerMistakes(server);
  const url = await listenAt(server, at, 'observability.http');
  return { url, close: () => server.close() };
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
