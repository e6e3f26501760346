/**
 * What an adapter makes of its library: one socket to one broker that carries frames. `wire-connection.ts` adds
 * versions, deadlines and errors, `wire-client.ts` one connection per purpose and broker, the same for every library.
 */

export interface TransportOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly maxResponseBytes: number;
  /** A frame of a length that cannot be. No byte of it is kept; the socket is still open when this is called. */
  readonly onBadLength: (length: number) => void;
  /** An answer to a request that was never sent, or was answered before; the socket is still open, or about to close. */
  readonly onUnasked: () => void;
  /** The socket is gone, for whatever reason, after it was connected. Called once. */
  readonly onClosed: () => void;
}

export interface RawRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  /** All after the client id of the header: for flexible versions beginning with the header's tag section. */
  readonly body: Buffer;
  readonly expectResponse: boolean;
}

export interface Transport {
  /** Called once, before anything is sent. Rejects with whatever the library has. */
  connect(): Promise<void>;
  isConnected(): boolean;
  /** In the order of the calls. @returns the bytes after the correlation id; empty when no response is expected */
  send(request: RawRequest): Promise<Buffer>;
  /** The last answer is not looked at any more: its memory may take the next one. */
  recycle(): void;
  /** Rejects what is open and resolves when the socket is closed, also while it connects. */
  destroy(reason: Error): Promise<void>;
}

/** Connects on `connect()`, not before. */
export type CreateTransport = (options: TransportOptions) => Transport;
