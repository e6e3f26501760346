/** An HTTP server whose clients are bounded in everything: how many, how large, how slow (rows H1, H2, H4, H8). */
import Fastify, { type FastifyInstance } from 'fastify';
import { UsageError } from '../core/errors.ts';
import { httpLimits } from './limits.ts';

export interface ServerLimits {
  /** A larger body is answered 413. */
  readonly bodyBytes: number;
  /** One more is closed at once. */
  readonly connections: number;
}

/** Does not listen yet. `close()` ends every connection, whatever is under way there. */
export function boundedServer({ bodyBytes, connections }: ServerLimits): FastifyInstance {
  const server = Fastify({
    bodyLimit: bodyBytes,
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
  server.server.maxConnections = connections;
  return server;
}

/**
 * @param section of the manifest that names the address @returns the url as bound, with the real port where 0 was asked
 * @throws UsageError `RT_ENVIRONMENT` when the address cannot be listened on; the server is closed then
 */
export async function listenAt(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  section: string,
): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    await server.close();
    const reason = reasonOf(error as NodeJS.ErrnoException);
    const message = `${section}: cannot listen on ${host}:${port}: ${reason}. Set another port (0 takes any free one).`;
    throw new UsageError('RT_ENVIRONMENT', message, { retryable: false, cause: error });
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use, by another process of this program perhaps',
    EACCES: 'ports below 1024 need rights that this process does not have',
    EADDRNOTAVAIL: 'this machine does not have that address',
    ENOTFOUND: 'the host name is not known',
  };
  return why[code ?? ''] ?? message;
}
