/** Listens on the loopback address and nowhere else: this broker asks nobody for a password. */
import { createServer, type Server } from 'node:net';
import { InternalError, UsageError } from '../core/errors.ts';
import { Connection, type ConnectionContext } from './connection.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const loopback = ['127.0.0.1', '::1'];

export class BrokerServer {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  private constructor(context: ConnectionContext) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      const connection = new Connection(socket, context);
      this.#connections.add(connection);
      socket.on('close', () => this.#connections.delete(connection));
    });
  }

  /**
   * @param address port 0 takes a free one
   * @throws UsageError `RT_USAGE` for another host, `RT_ENVIRONMENT` when the port cannot be had
   */
  static async listen(address: Address, context: ConnectionContext): Promise<BrokerServer> {
    const { host, port } = address;
    if (!loopback.includes(host)) {
      throw new UsageError(
        'RT_USAGE',
        `the embedded broker listens on ${loopback.join(' or ')} only, as it lets everybody in (got "${host}"); use Apache Kafka to serve other machines`,
        { retryable: false },
      );
    }
    const server = new BrokerServer(context);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', (cause: NodeJS.ErrnoException) => {
        reject(
          new UsageError(
            'RT_ENVIRONMENT',
            `the embedded broker cannot listen on ${host}:${port} (${cause.code ?? cause.message}); choose another port, or 0 for a free one`,
            { retryable: false, cause },
          ),
        );
      });
      server.#server.listen(port, host, resolve);
    });
    return server;
  }

  get address(): Address {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') {
      throw new InternalError('RT_INTERNAL', 'the embedded broker has no address, as it does not listen', {
        retryable: false,
      });
    }
    return { host: address.address, port: address.port };
  }

  /** Cuts every connection; resolves when the port is free. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.#connections) connection.close();
    await closed;
  }
}
