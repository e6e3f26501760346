/** What can be wrong with one request or its answer on the way between client and broker, as a test asks for it. */
import type { Api } from '../protocol/api.ts';
import { fetch } from '../protocol/fetch.ts';
import { responseHasTags, skipTags } from '../protocol/frame.ts';
import { Reader } from '../protocol/reader.ts';

export type FrameFault =
  /** Nothing: to reach the request after the next. */
  | { readonly kind: 'pass' }
  /** The broker never gets it, and the connection ends. */
  | { readonly kind: 'loseRequest' }
  /** The broker does as asked, and the connection ends instead of the answer. */
  | { readonly kind: 'loseAnswer' }
  /** The broker does as asked and answers, and nothing of this connection arrives any more. */
  | { readonly kind: 'silence' }
  /** Answered with this error code; the broker never gets it. */
  | { readonly kind: 'error'; readonly code: number }
  /** The answer ends within its header, or in the middle of its body, and with it the connection. */
  | { readonly kind: 'cut'; readonly in: 'header' | 'body' }
  /** A length is announced, and then there is silence. */
  | { readonly kind: 'length'; readonly length: number }
  /** The answer says that it is one to another request: one never sent, or the one before, which was answered already. */
  | { readonly kind: 'correlation'; readonly of: 'nobody' | 'before' }
  /** It comes twice. */
  | { readonly kind: 'repeat' }
  /** It and the next one on the connection each say that they are the other. */
  | { readonly kind: 'swap' }
  /** One byte of the last record batch is another one. Waits for a Fetch answer with records. */
  | { readonly kind: 'corrupt' }
  /** The answer as `change` leaves it. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every API, changed by tests that know which
  | { readonly kind: 'change'; readonly change: (answer: any) => any };

/** A request whose answer is on its way. */
export interface Pending {
  readonly api: Api<unknown, unknown> | undefined;
  readonly version: number;
  fault: FrameFault;
}

/** With its length in front, as it goes over the wire. */
export function framed(frame: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(4 + frame.length);
  bytes.writeInt32BE(frame.length, 0);
  frame.copy(bytes, 4);
  return bytes;
}

/** The body of an answer, without its header. @throws ProtocolError when it does not decode */
export function readAnswer(frame: Buffer, api: Api<unknown, unknown>, version: number): unknown {
  const reader = new Reader(frame.subarray(4));
  if (responseHasTags(api.key, api.isFlexible(version))) skipTags(reader);
  return api.readResponse(reader, version);
}

/** An answer as a frame, with the header that it needs. */
export function answerFrame(correlationId: number, api: Api<unknown, unknown>, version: number, body: Buffer): Buffer {
  const tags = responseHasTags(api.key, api.isFlexible(version)) ? 1 : 0;
  const frame = Buffer.alloc(4 + tags + body.length);
  frame.writeInt32BE(correlationId, 0);
  body.copy(frame, 4 + tags);
  return frame;
}

/** Turns over the last byte of the last record batch in a Fetch answer. @returns false when there is none */
export function corruptRecords(frame: Buffer, version: number): boolean {
  const { topics } = readAnswer(frame, fetch as Api<unknown, unknown>, version) as {
    readonly topics: readonly { readonly partitions: readonly { readonly records: Buffer | null }[] }[];
  };
  const all = topics.flatMap(({ partitions }) => partitions.map(({ records }) => records));
  const records = all.findLast((one) => one !== null && one.length > 0);
  if (records == null) return false;
  // A view into the frame.
  records[records.length - 1]! ^= 0xff;
  return true;
}
