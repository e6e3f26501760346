/** The members of kafkajs 2.2.4's private files that `private-connection.ts` uses; the library ships no types for them. */

declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';

  export interface ConnectionLogger {
    namespace(name: string): ConnectionLogger;
    debug(message: string, extra?: unknown): void;
    info(message: string, extra?: unknown): void;
    warn(message: string, extra?: unknown): void;
    error(message: string, extra?: unknown): void;
  }

  export interface ConnectionOptions {
    host: string;
    port: number;
    clientId: string;
    logger: ConnectionLogger;
    socketFactory: (target: { host: string; port: number; onConnect: () => void }) => Socket;
    requestTimeout: number;
    connectionTimeout: number;
    enforceRequestTimeout: boolean;
    maxInFlightRequests: number | null;
  }

  export interface PrivateRequest {
    request: {
      apiKey: number;
      apiVersion: number;
      apiName: string;
      expectResponse(): boolean;
      /** An `Encoder`; of its members only these two are read when a frame is put together. */
      encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    response: {
      /** Gets the bytes after the correlation id. */
      decode(payload: Buffer): Promise<Buffer>;
      parse(payload: Buffer): Promise<Buffer>;
    };
    logResponseError: boolean;
  }

  export default class Connection {
    constructor(options: ConnectionOptions);
    /** Missing until `connect()` was called. */
    socket: Socket | undefined;
    requestQueue: {
      scheduleCheckPendingRequests(): void;
      /** What waits for an answer, by correlation id. */
      readonly inflight: ReadonlyMap<number, unknown>;
    };
    isConnected(): boolean;
    connect(): Promise<boolean>;
    disconnect(): Promise<boolean>;
    send(request: PrivateRequest): Promise<Buffer | undefined>;
    /** What was received and not processed. */
    chunks: Buffer[];
    processData(chunk: Buffer): void;
    rejectRequests(error: Error): void;
  }
}
