/**
 * `dedupe` with marks that lie apart from the effect: a record is marked after its handler has succeeded, so a crash between
 * the two repeats the effect. What a thread sees of one id goes one by one:
 *
 *   new ──▶ under way ──failed──▶ new
 *               └──succeeded──▶ to be marked ──marked──▶ known: passed over
 *                                  └─ the mark failed: tried again, and the handler is not called again
 */
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { KeySource } from '../core/settings.ts';
import type { Fn } from '../handler/define-handlers.ts';
import { acknowledged, type CallContext, isAborted, publicationsOf } from './call-context.ts';
import type { HandlerFunction } from './check-handlers.ts';
import type { Dedupe } from './dedupe.ts';
import { isThenable } from './handler-call.ts';
import type { RecordEvent } from './record-event.ts';
import { recordIdOf } from './record-id.ts';
import { StoreDown } from './store-down.ts';

/** Where the marks are. Whatever is thrown means that nobody knows, and is tried again. */
export interface Marks {
  has(handler: string, id: string): boolean | Promise<boolean>;
  add(handler: string, id: string, partition: TopicPartition): void | Promise<void>;
  /** The partition was taken away: its marks are of no use here. */
  forget(partition: TopicPartition): void;
  close(): void;
}

export class BestEffortDedupe implements Dedupe {
  readonly #marks: Marks;
  readonly #idOf: (event: RecordEvent) => string | null;
  /** By handler and id; settle when the call is over, however it ends. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** By handler and id, with their `partitionKey`. */
  readonly #toBeMarked = new Map<string, string>();
  #duplicates = 0;

  constructor(by: KeySource, marks: Marks) {
    this.#idOf = recordIdOf(by);
    this.#marks = marks;
  }

  around(handle: HandlerFunction, handler: string): Fn {
    // The runner makes both, and nobody else calls this.
    return (event, context) => this.#call(handle.handle, handler, event as RecordEvent, context as CallContext);
  }

  takeDuplicates(): number {
    const taken = this.#duplicates;
    this.#duplicates = 0;
    return taken;
  }

  forget(partition: TopicPartition): void {
    this.#marks.forget(partition);
    const of = partitionKey(partition);
    for (const [name, place] of this.#toBeMarked) if (place === of) this.#toBeMarked.delete(name);
  }

  async close(): Promise<void> {
    this.#marks.close();
  }

  /** Returns at once where handler and marks do. */
  #call(handle: Fn, handler: string, event: RecordEvent, context: CallContext): unknown {
    const id = this.#idOf(event);
    if (id === null) return handle(event, context);
    const name = `${handler} ${id}`;
    const before = this.#underWay.get(name);
    if (before !== undefined) {
      return before.then(() => {
        if (!isAborted(context)) return this.#call(handle, handler, event, context);
      });
    }
    const known = asked(() => this.#marks.has(handler, id));
    if (!isThenable(known)) return this.#decide(known, handle, { name, handler, id, event, context });
    const decided = (known as Promise<boolean>).then(
      (isKnown) => this.#decide(isKnown, handle, { name, handler, id, event, context }),
      (error: unknown) => {
        throw new StoreDown(error);
      },
    );
    return this.#follow(name, decided);
  }

  #decide(isKnown: unknown, handle: Fn, one: Marked): unknown {
    if (isKnown === true) {
      this.#duplicates++;
      return;
    }
    if (this.#toBeMarked.has(one.name)) return this.#mark(one);
    const result = handle(one.event, one.context);
    if (!isThenable(result) && publicationsOf(one.context) === null) return this.#mark(one);
    const succeeded = Promise.resolve(result).then(async () => {
      await acknowledged(publicationsOf(one.context) ?? []);
      // How an aborted call ends says nothing: it may have left off.
      if (!isAborted(one.context)) await this.#mark(one);
    });
    return this.#follow(one.name, succeeded);
  }

  #mark({ name, handler, id, event }: Marked): unknown {
    this.#toBeMarked.set(name, partitionKey(event));
    const marked = asked(() => this.#marks.add(handler, id, event));
    if (!isThenable(marked)) {
      this.#toBeMarked.delete(name);
      return;
    }
    return (marked as Promise<void>).then(
      () => void this.#toBeMarked.delete(name),
      (error: unknown) => {
        throw new StoreDown(error);
      },
    );
  }

  #follow(name: string, call: Promise<unknown>): Promise<unknown> {
    const over = call.then(
      () => {},
      () => {},
    );
    this.#underWay.set(name, over);
    void over.then(() => {
      if (this.#underWay.get(name) === over) this.#underWay.delete(name);
    });
    return call;
  }
}

/** One record for one handler. */
interface Marked {
  readonly name: string;
  readonly handler: string;
  readonly id: string;
  readonly event: RecordEvent;
  readonly context: CallContext;
}

function asked<T>(marks: () => T): T {
  try {
    return marks();
  } catch (error) {
    throw new StoreDown(error);
  }
}
