/**
 * One client's connection: its requests are served one at a time, in order, as Apache Kafka does. A request that waits
 * (a long poll, a held JoinGroup) holds back those behind it, on this connection only.
 *
 *   socket ─▶ frames ─▶ waiting (at most `waitingMax`, then the socket is not read) ─▶ served ─▶ socket
 *
 * Bytes that do not follow the protocol end the connection without an answer.
 */
import type { Duplex } from 'node:stream';
import { sleep } from '../core/clock.ts';
import { type RequestHeader, readRequestHeader, responseHasTags, skipTags } from '../protocol/frame.ts';
import { ProtocolError, Reader } from '../protocol/reader.ts';
import type { AnsweredApi, Body } from './answer.ts';
import { answerUnknownVersion, apiVersionsKey } from './apis/api-versions.ts';
import type { BrokerState } from './broker-state.ts';
import type { Controls } from './controls.ts';
import { FrameSplitter } from './frame-splitter.ts';

/** Kafka's `socket.request.max.bytes`. */
const frameBytesMax = 100 * 1024 * 1024;
/** Clients have at most 5 to 10 requests in flight; one that sends more is made to wait. */
const waitingMax = 32;

/** What of a socket is used: bytes both ways, and where it comes from. */
export type ClientStream = Duplex & {
  setNoDelay(noDelay: boolean): unknown;
  readonly remoteAddress?: string | undefined;
};

export interface ConnectionContext {
  readonly apis: ReadonlyMap<number, AnsweredApi>;
  readonly state: BrokerState;
  readonly controls: Controls;
}

export class Connection {
  readonly #socket: ClientStream;
  readonly #context: ConnectionContext;
  readonly #waiting: Buffer[] = [];
  readonly #closed = new AbortController();
  #serving: Promise<void> | null = null;

  constructor(socket: ClientStream, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    socket.setNoDelay(true);
    const splitter = new FrameSplitter(frameBytesMax, (frame) => this.#accept(frame));
    socket.on('data', (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch {
        this.close(); // a length that no client sends
      }
    });
    socket.on('error', () => this.close()); // a client that is gone is no news
    socket.on('close', () => this.close());
  }

  close(): void {
    this.#waiting.length = 0;
    this.#socket.destroy();
    if (!this.#closed.signal.aborted) this.#closed.abort();
  }

  #accept(frame: Buffer): void {
    this.#waiting.push(frame);
    if (this.#waiting.length > waitingMax) this.#socket.pause();
    this.#serving ??= this.#serveAll();
  }

  async #serveAll(): Promise<void> {
    try {
      for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
        await this.#serve(frame);
        if (this.#waiting.length < waitingMax) this.#socket.resume();
      }
    } catch (error) {
      // Apache Kafka closes the connection of a malformed request too. Everything else is a mistake of ours, or a full
      // disk: the client sees it as a lost connection and tries again, and somebody should hear of it.
      if (!(error instanceof ProtocolError)) process.emitWarning(`embedded broker: ${describeFault(error)}`);
      this.close();
    } finally {
      this.#serving = null;
    }
  }

  async #serve(frame: Buffer): Promise<void> {
    const reader = new Reader(frame);
    const header = readRequestHeader(reader);
    const api = this.#context.apis.get(header.apiKey);
    if (api === undefined) return this.close();
    const [min, max] = api.versions;
    if (header.apiVersion < min || header.apiVersion > max) {
      if (header.apiKey !== apiVersionsKey) return this.close();
      return this.#write(header, false, answerUnknownVersion(this.#context.apis));
    }
    const flexible = api.isFlexible(header.apiVersion);
    if (flexible) skipTags(reader);
    const body = await this.#answer(api, header, reader);
    if (body === 'close') return this.close();
    if (body !== null) await this.#write(header, responseHasTags(header.apiKey, flexible), body);
  }

  async #answer(api: AnsweredApi, header: RequestHeader, reader: Reader): Promise<Body> {
    const { state, controls } = this.#context;
    const context = {
      version: header.apiVersion,
      clientId: header.clientId ?? '',
      clientHost: `/${this.#socket.remoteAddress ?? ''}`,
      signal: this.#closed.signal,
    };
    const action = controls.take(api.name);
    switch (action.kind) {
      case 'error':
        return api.refuse(reader, header.apiVersion, action.code);
      case 'close':
        return 'close';
      case 'loseAnswer':
        await api.respond(reader, state, context);
        return 'close';
      case 'delay':
        await sleep(state.clock, action.ms, this.#closed.signal);
        return api.respond(reader, state, context);
      case 'pass':
        return api.respond(reader, state, context);
      default:
        return action satisfies never;
    }
  }

  /** Resolves when the socket can take more. */
  async #write(header: RequestHeader, tags: boolean, body: Buffer): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const head = Buffer.allocUnsafe(tags ? 9 : 8);
    head.writeInt32BE(head.length - 4 + body.length, 0);
    head.writeInt32BE(header.correlationId, 4);
    if (tags) head[8] = 0;
    this.#socket.cork();
    this.#socket.write(head);
    const hasRoom = this.#socket.write(body);
    this.#socket.uncork();
    if (!hasRoom) await this.#drained();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done);
        this.#closed.signal.removeEventListener('abort', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#closed.signal.addEventListener('abort', done);
      if (this.#closed.signal.aborted) done();
    });
  }
}

function describeFault(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
