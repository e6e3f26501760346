/**
 * Sends what handlers publish to the main thread, which has the producer: one message for all that came together in one
 * stretch of work, since a message costs more than a record.
 *
 *   publish() publish() ──one microtask──▶ { publish, request 7 } ──▶ { published, request 7 } ──▶ both resolve
 */
import type { ErrorData } from '../core/error-data.ts';
import type { FromThread, OutboundRecord, PublishResult } from '../core/thread-messages.ts';
import type { Published } from '../handler/outbound-event.ts';

interface Waiter {
  readonly from: number;
  readonly count: number;
  readonly resolve: (places: readonly Published[]) => void;
  readonly reject: (error: Error) => void;
}

interface Request {
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

  /** @returns places in the order of the records; rejects when the producer gave them up */
  publish(records: readonly OutboundRecord[]): Promise<readonly Published[]> {
    return new Promise((resolve, reject) => {
      const request = this.#open();
      request.waiters.push({ from: request.records.length, count: records.length, resolve, reject });
      request.records.push(...records);
    });
  }

  /** The answer to a request; one that nobody waits for is ignored. */
  settle(id: number, result: PublishResult): void {
    const request = this.#sent.get(id);
    this.#sent.delete(id);
    for (const waiter of request?.waiters ?? []) {
      if (result.kind === 'failed') waiter.reject(toError(result.error));
      else waiter.resolve(result.places.slice(waiter.from, waiter.from + waiter.count).map(toPublished));
    }
  }

  #open(): Request {
    if (this.#collecting === null) {
      this.#collecting = { records: [], waiters: [] };
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
    this.#post({ kind: 'publish', request: id, records: request.records });
  }
}

function toPublished(place: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}): Published {
  return { topic: place.topic, partition: place.partition, offset: BigInt(place.offset) };
}

function toError(data: ErrorData): Error {
  return Object.assign(new Error(data.message), {
    name: data.name,
    ...(data.code === null ? {} : { code: data.code }),
  });
}
