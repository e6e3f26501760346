/** One connection that sends requests as they are described in `protocol/`, in any version, and bytes that follow nothing. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameSplitter } from '../../../../runtime/broker/frame-splitter.ts';
import type { Api } from '../../../../runtime/protocol/api.ts';
import { responseHasTags, skipTags, writeRequestHeader } from '../../../../runtime/protocol/frame.ts';
import { Reader } from '../../../../runtime/protocol/reader.ts';
import { Writer } from '../../../../runtime/protocol/writer.ts';

export class WireClient {
  readonly #socket: Socket;
  readonly #answers: ((frame: Buffer | null) => void)[] = [];
  readonly #frames: Buffer[] = [];
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const splitter = new FrameSplitter(2 ** 30, (frame) => {
      const next = this.#answers.shift();
      if (next === undefined) this.#frames.push(frame);
      else next(frame);
    });
    socket.on('data', (chunk: Buffer) => splitter.push(chunk));
    socket.on('error', () => {}); // a reset is a close
    socket.on('close', () => {
      for (const answer of this.#answers.splice(0)) answer(null);
    });
  }

  static async open(port: number): Promise<WireClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new WireClient(socket);
  }

  /** @returns the response; rejects when the broker closes the connection instead */
  async send<Req, Res>(api: Api<Req, Res>, request: Req, version = api.versions[1]): Promise<Res> {
    this.write(api, request, version);
    const reader = new Reader(await this.frame());
    reader.int32();
    if (responseHasTags(api.key, api.isFlexible(version))) skipTags(reader);
    return api.readResponse(reader, version);
  }

  /** Sends without waiting for an answer. */
  write<Req, Res>(api: Api<Req, Res>, request: Req, version = api.versions[1]): void {
    const w = new Writer();
    const header = { apiKey: api.key, apiVersion: version, correlationId: ++this.#correlationId, clientId: 'wire' };
    writeRequestHeader(w, header, api.isFlexible(version));
    w.raw(api.writeRequest(request, version));
    this.writeFrame(w.bytes());
  }

  writeFrame(body: Uint8Array): void {
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length);
    this.writeBytes(Buffer.concat([length, body]));
  }

  writeBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next frame. @throws when the connection is closed instead */
  async frame(): Promise<Buffer> {
    const waiting = this.#frames.shift();
    if (waiting !== undefined) return waiting;
    if (this.#socket.closed) throw new Error('the connection is closed');
    const frame = await new Promise<Buffer | null>((resolve) => this.#answers.push(resolve));
    if (frame === null) throw new Error('the connection was closed instead of an answer');
    return frame;
  }

  /** Resolves when the broker has closed the connection. */
  async closed(): Promise<void> {
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  close(): void {
    this.#socket.destroy();
  }
}
