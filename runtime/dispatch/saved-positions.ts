/**
 * Questions to handler threads: where did the user save that a partition begins (`offsets`)? Each has an answer within its
 * time, or it fails: the module hangs, or its thread has died.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { HandlerError } from '../core/errors.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { FromThread } from '../core/thread-messages.ts';
import type { ThreadSlot } from './thread-slot.ts';

/** Of one question; a database that has to be connected to first takes some seconds. */
const timeoutMs = 30_000;

interface Question {
  readonly slot: ThreadSlot;
  readonly place: string;
  readonly timer: Timer;
  readonly resolve: (offset: number | null) => void;
  readonly reject: (error: Error) => void;
}

export class SavedPositions {
  readonly #clock: Clock;
  readonly #open = new Map<number, Question>();
  #lastRequest = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws HandlerError `RT_OFFSETS_LOAD`, retryable */
  ask(slot: ThreadSlot, { topic, partition }: TopicPartition): Promise<number | null> {
    const place = `${topic}/${partition}`;
    if (!slot.ready) return Promise.reject(failure(place, 'its thread is being replaced'));
    const request = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#fail(request, `load() did not answer within ${timeoutMs / 1000} s`);
      });
      this.#open.set(request, { slot, place, timer, resolve, reject });
      slot.post({ kind: 'position', topic, partition, request });
    });
  }

  answered({ request, offset, error }: Extract<FromThread, { readonly kind: 'position' }>): void {
    if (error !== null) this.#fail(request, error.message);
    else this.#take(request)?.resolve(offset);
  }

  /** Its questions have no answer any more. */
  died(slot: ThreadSlot): void {
    for (const [request, question] of this.#open)
      if (question.slot === slot) this.#fail(request, 'its thread has ended');
  }

  stop(): void {
    for (const request of [...this.#open.keys()]) this.#fail(request, 'the group ends');
  }

  #fail(request: number, why: string): void {
    const question = this.#take(request);
    question?.reject(failure(question.place, why));
  }

  #take(request: number): Question | undefined {
    const question = this.#open.get(request);
    question?.timer.cancel();
    this.#open.delete(request);
    return question;
  }
}

function failure(place: string, why: string): HandlerError {
  return new HandlerError('RT_OFFSETS_LOAD', `offsets: where ${place} begins is not known: ${why}`, {
    retryable: true,
  });
}
