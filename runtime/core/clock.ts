/** Time, passed in. Everything that waits takes a `Clock`, so that tests and the simulator decide when time passes. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds that never go backwards; only differences mean something. Timeouts and backoff use this. */
  now(): number;
  /** Milliseconds since 1970 by the wall clock, for what people and other programs read. */
  wallTime(): number;
  /** Calls `run` once, `delayMs` from now at the earliest. The timer keeps the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Resolves after the event loop has turned once: I/O and messages are handled before. */
  turn(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Waits `delayMs`, or until `signal` is aborted: it resolves either way, so look at the signal afterwards. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = clock.after(delayMs, wake);
    signal?.addEventListener('abort', wake);
  });
}
