/**
 * What SIGINT and SIGTERM mean: the first one asks for a clean end, the second one ends at once (row S-87). A container's
 * runtime sends SIGTERM, a terminal SIGINT; both mean the same.
 */
import { exitCodes } from './exit-codes.ts';

export interface Signals {
  /** Resolves with the name of the first signal. */
  readonly first: Promise<string>;
  /** Called when the second one comes, just before the process ends. */
  beforeForced(tell: (signal: string) => void): void;
  /** From now on signals end the process as usual. */
  release(): void;
}

/** Begins to watch. Commands call it before anything that takes time, so that a signal during the start is heard. */
export function watchSignals(): Signals {
  const { promise, resolve } = Promise.withResolvers<string>();
  let asked = false;
  let beforeForced = (_signal: string): void => {};
  const handle = (signal: string): void => {
    if (asked) {
      beforeForced(signal);
      process.exit(exitCodes.forced);
    }
    asked = true;
    resolve(signal);
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    first: promise,
    beforeForced(tell) {
      beforeForced = tell;
    },
    release() {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}
