/**
 * A server that speaks just enough of the protocol to greet a client (ApiVersions) and then misbehaves as the test
 * says. For faults that a real broker cannot be asked for.
 */
import { createServer, type Socket } from 'node:net';
import type { BrokerAddress } from '../core/settings.ts';
import { apiVersions } from '../protocol/api-versions.ts';
import { readRequestHeader } from '../protocol/frame.ts';
import { Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';

/** What to do about a request that is not ApiVersions. */
export type Misbehaviour = (request: {
  readonly apiKey: number;
  readonly correlationId: number;
  readonly socket: Socket;
}) => void;

export interface FaultyBroker {
  readonly address: BrokerAddress;
  /** Connections that are open now. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** @param speaks version range of each API that ApiVersions tells, by key */
export function startFaultyBroker(
  misbehave: Misbehaviour,
  speaks: ReadonlyMap<number, readonly [number, number]>,
): Promise<FaultyBroker> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // the client cut it, which is what most of these tests are about
    let waiting = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
        const end = 4 + waiting.readInt32BE(0);
        const header = readRequestHeader(new Reader(waiting.subarray(4, end)));
        waiting = waiting.subarray(end);
        if (header.apiKey === apiVersions.key) greet(socket, header.correlationId, header.apiVersion, speaks);
        else misbehave({ apiKey: header.apiKey, correlationId: header.correlationId, socket });
      }
    });
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      resolve({
        address: { host: '127.0.0.1', port },
        connections: () => sockets.size,
        close: () => {
          for (const socket of sockets) socket.destroy();
          return new Promise((closed) => server.close(() => closed()));
        },
      });
    });
  });
}

/** One frame with a response header that has no tags. */
export function responseFrame(correlationId: number, body: Buffer): Buffer {
  const frame = new Writer(body.length + 8);
  frame.int32(body.length + 4);
  frame.int32(correlationId);
  frame.raw(body);
  return frame.bytes();
}

function greet(
  socket: Socket,
  correlationId: number,
  version: number,
  speaks: ReadonlyMap<number, readonly [number, number]>,
): void {
  const apis = [...speaks].map(([key, [minVersion, maxVersion]]) => ({ key, minVersion, maxVersion }));
  const answer = {
    errorCode: 0,
    apis: [{ key: apiVersions.key, minVersion: 0, maxVersion: 4 }, ...apis],
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeaturesEpoch: -1,
    finalizedFeatures: [],
  };
  socket.write(responseFrame(correlationId, apiVersions.writeResponse(answer, version)));
}
