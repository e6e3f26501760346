/** The broker's end of a connection without a network: takes bytes as a socket does, keeps what is written. */
import { Duplex } from 'node:stream';

export class ClientSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  readonly #written: Buffer[] = [];

  setNoDelay(): this {
    return this;
  }

  receive(bytes: Buffer): void {
    if (!this.destroyed) this.push(bytes);
  }

  written(): Buffer {
    return Buffer.concat(this.#written);
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#written.push(bytes);
    done();
  }
}
