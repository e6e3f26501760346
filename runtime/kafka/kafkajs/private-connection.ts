/**
 * The one door to kafkajs's private files: its `Connection`, which connects, frames and correlates. We use it below
 * the library's cluster, since a request must choose its connection (see `Purpose`) and its own version.
 *
 * Five of its habits are changed here:
 *   - a timer that checks the queue every millisecond for ever: nothing of ours waits in that queue, so it is off
 *   - request timeouts, checked every 100 ms and only ever longer than the default: off, `wire-connection.ts` has its own
 *   - frames of any length are buffered, and joined from many pieces of fresh memory: `FrameAssembler` does it instead,
 *     out of one receive buffer per connection
 *   - an answer that nobody asked for is passed over: it says that the two sides do not agree, so the connection ends
 *   - `disconnect()` waits for open requests: they are rejected first, and the socket is destroyed
 */
import { createRequire } from 'node:module';
import { connect as connectSocket, type Socket } from 'node:net';
import Connection, { type ConnectionLogger } from 'kafkajs/src/network/connection.js';
import { InternalError } from '../../core/errors.ts';
import { FrameAssembler } from '../frame-assembler.ts';
import type { RawRequest, Transport, TransportOptions } from '../transport.ts';

const testedVersion = '2.2.4';
const usedMembers = ['isConnected', 'connect', 'disconnect', 'send', 'processData', 'rejectRequests'] as const;

/** What one read may bring. Fetching 100 B records takes 0.17 CPU s per million with this much, 0.3 with 64 KiB. */
const receiveBytes = 256 * 1024;
const keepAliveMs = 60_000;

const silent: ConnectionLogger = {
  namespace: () => silent,
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/**
 * Private files change without notice, so the exact version and every member in use are checked at start-up.
 * @throws InternalError when this is another kafkajs than the one tested
 */
export function checkLibrary(): void {
  const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { readonly version: string };
  const missing = usedMembers.filter((member) => typeof Connection.prototype[member] !== 'function');
  if (version === testedVersion && missing.length === 0) return;
  const found = missing.length === 0 ? version : `${version} without ${missing.join(', ')}`;
  throw new InternalError(
    'RT_INTERNAL',
    `the adapter uses private files of kafkajs ${testedVersion}, found ${found}: install exactly ${testedVersion}`,
    { retryable: false },
  );
}

/** Connects on `connect()`, not before. */
export function createPrivateConnection(options: TransportOptions): Transport {
  const connection = new Connection({
    host: options.host,
    port: options.port,
    clientId: options.clientId,
    logger: silent,
    socketFactory: ({ host, port, onConnect }) => openSocket(host, port, onConnect, (chunk) => received.push(chunk)),
    requestTimeout: 0x7fffffff,
    connectionTimeout: options.connectTimeoutMs,
    enforceRequestTimeout: false,
    maxInFlightRequests: null,
  });
  const { requestQueue } = connection;
  if (typeof requestQueue?.scheduleCheckPendingRequests !== 'function' || !(requestQueue.inflight instanceof Map)) {
    throw new InternalError('RT_INTERNAL', 'kafkajs: the connection has no request queue', { retryable: false });
  }
  requestQueue.scheduleCheckPendingRequests = () => {};
  const received = receiver(connection, options);

  return {
    async connect() {
      try {
        await connection.connect();
      } catch (error) {
        connection.socket?.destroy();
        throw error;
      }
      const socket = connection.socket!;
      socket.once('close', options.onClosed);
      if (socket.destroyed) options.onClosed();
    },
    isConnected: () => connection.isConnected() && connection.socket?.writable === true,
    send: async (request) => (await connection.send(toPrivate(request))) ?? Buffer.alloc(0),
    recycle: () => received.recycle(),
    async destroy(reason) {
      connection.rejectRequests(reason);
      await connection.disconnect();
      const { socket } = connection;
      if (socket === undefined || socket.closed) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      // With an error, since a connect that is under way would otherwise wait for its timeout.
      socket.destroy(reason);
      await closed;
    },
  };
}

/** Reads into the same memory again and again, where a stream takes fresh memory for every read. */
function openSocket(host: string, port: number, onConnect: () => void, onChunk: (chunk: Uint8Array) => void): Socket {
  const callback = (bytes: number, buffer: Uint8Array): boolean => {
    onChunk(buffer.subarray(0, bytes));
    return true;
  };
  const onread = { buffer: Buffer.allocUnsafeSlow(receiveBytes), callback };
  return connectSocket(
    { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs, onread },
    onConnect,
  );
}

function receiver(connection: Connection, options: TransportOptions) {
  let broken = false;
  const frames = new FrameAssembler(options.maxResponseBytes, (frame) => {
    if (broken) return;
    if (!connection.requestQueue.inflight.has(frame.readInt32BE(4))) {
      broken = true;
      options.onUnasked();
      return;
    }
    // Whole frames only, so nothing waits here; the empty rest of the last one would make kafkajs copy this one.
    connection.chunks = [];
    connection.processData(frame);
  });
  return {
    push(chunk: Uint8Array): void {
      if (broken) return;
      const length = frames.push(chunk);
      if (length === null) return;
      broken = true;
      options.onBadLength(length);
    },
    recycle: () => frames.recycle(),
  };
}

function toPrivate(request: RawRequest): Parameters<Connection['send']>[0] {
  return {
    request: {
      apiKey: request.apiKey,
      apiVersion: request.apiVersion,
      apiName: request.apiName,
      expectResponse: () => request.expectResponse,
      encode: async () => ({ buf: request.body, buffer: request.body }),
    },
    response: { decode: async (payload) => payload, parse: async (payload) => payload },
    logResponseError: false,
  };
}
