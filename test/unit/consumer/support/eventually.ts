/** Waits until a value is as expected; vitest's own second is short on a machine that does much else. */
import { expect } from 'vitest';

export function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 30_000, interval: 10 });
}
