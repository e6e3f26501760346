/**
 * Sends what handlers publish to the main thread, which has the producer: one message for all that came together in one
 * stretch of work, since a message costs more than a record.
 *
 *   publish() publish() ──one microtask──▶ { publish, request 7 } ──▶ { published, request 7 } ──▶ both resolve
 */
import type { ErrorData } from '../core/error-data.ts';
import type { FromThread, OutboundRecord, PublishResult, WrittenPlace } from '../core/thread-messages.ts';
import { deliveriesOf, publishFailure, toPublished } from '../handler/delivery.ts';
import type { Published } from '../handler/outbound-event.ts';

interface Waiter {
  readonly from: number;
  readonly count: number;
  readonly resolve: (places: readonly Published[]) => void;
  readonly reject: (error: Error) => void;
}

interface Request {
  readonly background: boolean;
  readonly records: OutboundRecord[];
  readonly waiters: Waiter[];
}

export class Publisher {
  readonly #post: (message: FromThread) => void;
  readonly #sent = new Map<number, Request>();
  #collecting: Request | null = null;
  #lastId = 0;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  /**
   * @param background until there is room for them in the producer, and without places
   * @returns places in the order of the records; rejects when the producer gave them up
   */
  publish(records: readonly OutboundRecord[], background = false): Promise<readonly Published[]> {
    return new Promise((resolve, reject) => {
      const request = this.#open(background);
      request.waiters.push({ from: request.records.length, count: records.length, resolve, reject });
      for (const record of records) request.records.push(record);
    });
  }

  /** The answer to a request; one that nobody waits for is ignored. */
  settle(id: number, result: PublishResult): void {
    const request = this.#sent.get(id);
    this.#sent.delete(id);
    if (request === undefined) return;
    for (const waiter of request.waiters) {
      if (result.kind === 'ok') waiter.resolve(placesOf(waiter, result.places));
      else settleFailed(waiter, result, request.background);
    }
  }

  #open(background: boolean): Request {
    // What was published before goes before: order per key.
    if (this.#collecting?.background === !background) this.#send();
    if (this.#collecting === null) {
      this.#collecting = { background, records: [], waiters: [] };
      queueMicrotask(() => this.#send());
    }
    return this.#collecting;
  }

  #send(): void {
    const request = this.#collecting;
    if (request === null) return;
    this.#collecting = null;
    const id = ++this.#lastId;
    this.#sent.set(id, request);
    const background = request.background ? { background: true } : {};
    this.#post({ kind: 'publish', request: id, records: packed(request.records), ...background });
  }
}

/**
 * The records with all of their bytes in one piece of memory. Small buffers are views of a pool of 64 KiB, and a view
 * crosses threads with all that it is a view of: the producer would hold 64 KiB for a record of 100 bytes.
 */
function packed(records: readonly OutboundRecord[]): readonly OutboundRecord[] {
  const parts = records.flatMap(({ key, value, headers }) => [key, value, ...headers.map(([, bytes]) => bytes)]);
  const memory = new Uint8Array(parts.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0));
  let end = 0;
  const move = (bytes: Uint8Array | null): Uint8Array | null => {
    if (bytes === null) return null;
    const start = end;
    end += bytes.length;
    memory.set(bytes, start);
    return memory.subarray(start, end);
  };
  return records.map((record) => ({
    ...record,
    key: move(record.key),
    value: move(record.value),
    headers: record.headers.map(([name, bytes]) => [name, move(bytes)] as const),
  }));
}

function placesOf({ from, count }: Waiter, places: readonly WrittenPlace[]): readonly Published[] {
  return places.slice(from, from + count).map(toPublished); // none in the background
}

/** Something of the request failed: of this waiter's records, perhaps nothing. */
function settleFailed(waiter: Waiter, { places, failures }: Failed, background: boolean): void {
  const { from, count } = waiter;
  const own = failures
    .filter(({ index }) => index >= from && index < from + count)
    .map(({ index, error }) => ({ index: index - from, error: toError(error) }));
  // In the background nobody knows yet what becomes of those that did not fail.
  const deliveries = background ? [] : deliveriesOf(places.slice(from, from + count), own);
  const failure = publishFailure(deliveries) ?? own[0]?.error;
  if (failure !== undefined) waiter.reject(failure);
  else waiter.resolve(background ? [] : placesOf(waiter, places as readonly WrittenPlace[]));
}

type Failed = PublishResult & { readonly kind: 'failed' };

function toError(data: ErrorData): Error {
  return Object.assign(new Error(data.message), {
    name: data.name,
    ...(data.code === null ? {} : { code: data.code }),
  });
}
