/**
 * Tells when the store of handled records goes away, and when it is back: by what calls of handlers come to. Each is told
 * once, however many records wait.
 *
 *   up ──a call fails with `StoreDown`──▶ down ──any other end of a call──▶ up
 */
import { toErrorData } from '../core/error-data.ts';
import type { FromThread } from '../core/thread-messages.ts';
import type { Fn } from '../handler/define-handlers.ts';
import { isThenable } from './handler-call.ts';
import { StoreDown } from './store-down.ts';

export class StoreWatch {
  readonly #post: (message: FromThread) => void;
  #isDown = false;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  /** @returns the same function, watched */
  around(handle: Fn): Fn {
    return (event, context) => {
      let result: unknown;
      try {
        result = handle(event, context);
      } catch (error) {
        this.#failed(error);
        throw error;
      }
      if (!isThenable(result)) {
        this.#answered();
        return result;
      }
      return (result as Promise<unknown>).then(
        () => this.#answered(),
        (error: unknown) => {
          this.#failed(error);
          throw error;
        },
      );
    };
  }

  #failed(error: unknown): void {
    if (!StoreDown.is(error)) {
      this.#answered();
      return;
    }
    if (this.#isDown) return;
    this.#isDown = true;
    this.#post({ kind: 'store', problem: toErrorData(error.cause).message });
  }

  #answered(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#post({ kind: 'store', problem: null });
  }
}
