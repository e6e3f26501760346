/**
 * One `Connection` of @platformatic/kafka, which connects, correlates and (with it) authenticates. Public API only:
 * `Connection`, `createAPI`, `Writer`. The library's own requests and parsers are not used; ours go through `createAPI`.
 *
 * What it does otherwise than we need, and how that is met:
 *   - five requests in flight, the rest wait: unlimited, since order and limits are decided above
 *   - one request timeout per connection: as long as a timer can be, `wire-connection.ts` has one per request
 *   - frames of any length are collected: its listener on the socket gets whole frames from `FrameAssembler` instead,
 *     which refuses a length before any of it is kept. This also spares the library its list of chunks per frame
 *   - an exception of its frame reader, on frames shorter than a header, would end the process: refused in the same place
 *   - `close()` lets the socket finish writing: the socket is destroyed, so that a dead peer cannot hold it open
 */
import type { Socket } from 'node:net';
import type { Connection, ResponseParser } from '@platformatic/kafka';
import { FrameAssembler } from '../frame-assembler.ts';
import type { RawRequest, Transport, TransportOptions } from '../transport.ts';

type Library = Pick<typeof import('@platformatic/kafka'), 'Connection' | 'createAPI' | 'Writer'>;

const keepAliveMs = 60_000;
const timeoutMaxMs = 0x7fffffff; // the longest that setTimeout takes, 24.8 days

export function createLibraryConnection(library: Library, options: TransportOptions): Transport {
  const connection = new library.Connection(options.clientId, {
    connectTimeout: options.connectTimeoutMs,
    requestTimeout: timeoutMaxMs,
    maxInflights: Number.MAX_SAFE_INTEGER,
  });
  // Whoever waits is told by its own callback; without a listener the event would end the process.
  connection.on('error', () => {});
  let ended: Error | null = null;
  let frames: FrameAssembler | null = null;

  return {
    async connect() {
      const connected = connection.connect(options.host, options.port);
      const { socket } = connection;
      // After the library's own listener, which subscribes to the data, and before any data can arrive.
      socket.once('connect', () => {
        frames = prepare(socket, options);
      });
      try {
        await connected;
      } catch (error) {
        socket.destroy();
        throw ended ?? messageWithCause(error);
      }
      socket.once('close', options.onClosed);
      if (socket.destroyed) options.onClosed();
    },
    isConnected: () => connection.isConnected() && connection.socket.writable,
    async send(request) {
      try {
        return await exchange(library, connection, request);
      } catch (error) {
        throw ended ?? messageWithCause(error);
      }
    },
    recycle: () => frames?.recycle(),
    async destroy(reason) {
      ended = reason;
      // Undefined until it connects, which its type does not say.
      const socket = connection.socket as Socket | undefined;
      if (socket === undefined || socket.closed) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      connection.close(() => {}); // ends its timers; the socket's end below rejects what is open
      socket.destroy();
      await closed;
    },
  };
}

/** Puts the assembler between the socket and the library. */
function prepare(socket: Socket, options: TransportOptions): FrameAssembler {
  socket.setKeepAlive(true, keepAliveMs);
  const listeners = socket.listeners('data') as ((frame: Buffer) => void)[];
  let broken = false;
  const frames = new FrameAssembler(options.maxResponseBytes, (frame) => {
    for (const listener of listeners) listener.call(socket, frame);
  });
  socket.on('data', (chunk: Buffer) => {
    if (broken) return;
    const length = frames.push(chunk);
    if (length === null) return;
    broken = true;
    options.onBadLength(length);
  });
  for (const listener of listeners) socket.off('data', listener);
  return frames;
}

async function exchange(library: Library, connection: Connection, request: RawRequest): Promise<Buffer> {
  const { apiKey, apiVersion, body, expectResponse } = request;
  const createRequest = () => {
    const writer = library.Writer.create().append(body);
    writer.context.noResponse = !expectResponse;
    return writer;
  };
  // A view: the frame came in one piece.
  const parseResponse: ResponseParser<Buffer> = (_correlationId, _apiKey, _version, reader) => reader.buffer.slice();
  // The tag sections of both headers are part of our bodies.
  const api = library.createAPI<[], Buffer>(apiKey, apiVersion, createRequest, parseResponse, false, false);
  const answer = await api.async(connection);
  return expectResponse ? answer : Buffer.alloc(0);
}

/** The library says "Connection to … failed" and keeps the reason in the cause. */
function messageWithCause(error: unknown): unknown {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return error;
  return new Error(`${error.message} ${error.cause.message}`, { cause: error });
}
