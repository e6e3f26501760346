/**
 * A TCP proxy in front of a Kafka broker that hands every request and response frame to a listener.
 * It changes no byte: clients stay on it because the broker advertises the proxy's port.
 *
 *   client ──bytes──▶ proxy ──bytes──▶ broker      requests:  api key and version are in the header
 *          ◀─bytes──       ◀─bytes──               responses: only a correlation id; its request says the rest
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A frame without its length prefix: header and body. */
export type Frame = {
  readonly kind: 'request' | 'response';
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly bytes: Buffer;
};

export type FrameProxy = {
  readonly port: number;
  close(): Promise<void>;
};

/**
 * Listens on a loopback port (0: a free one) and forwards to `target` (asked per connection, so that it may be set later).
 *
 * @param onFrame  called for each frame; must not throw. `connection` counts the accepted connections from 0.
 */
export async function startFrameProxy(
  port: number,
  target: () => { readonly host: string; readonly port: number },
  onFrame: (frame: Frame, connection: number) => void,
): Promise<FrameProxy> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((client) => {
    const connection = accepted++;
    const broker = connect(target());
    const requests = new Map<number, { readonly apiKey: number; readonly apiVersion: number }>();
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    const fromClient = splitFrames((bytes) => {
      const request = { apiKey: bytes.readInt16BE(0), apiVersion: bytes.readInt16BE(2) };
      requests.set(bytes.readInt32BE(4), request);
      onFrame({ kind: 'request', ...request, bytes }, connection);
    });
    const fromBroker = splitFrames((bytes) => {
      const correlation = bytes.readInt32BE(0);
      const request = requests.get(correlation);
      requests.delete(correlation);
      if (request !== undefined) onFrame({ kind: 'response', ...request, bytes }, connection);
    });
    client.on('data', fromClient).pipe(broker);
    broker.on('data', fromBroker).pipe(client);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Cuts a byte stream at Kafka's four-byte lengths; takes chunks, calls back with whole frames. */
function splitFrames(onFrame: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readInt32BE(0);
      if (rest.length < 4 + length) break;
      onFrame(Buffer.from(rest.subarray(4, 4 + length)));
      rest = rest.subarray(4 + length);
    }
  };
}
