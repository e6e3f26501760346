import { expect, test } from 'vitest';
import { unlessAborted } from '../../../runtime/core/unless-aborted.ts';

test('work that ends first gives its result, or its error', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
  await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
});

test('an abort ends the waiting, and a late error is nobody’s', async () => {
  const abort = new AbortController();
  const work = Promise.withResolvers<number>();
  const waiting = unlessAborted(work.promise, abort.signal);
  abort.abort();
  expect(await waiting).toBeNull();
  work.reject(new Error('late'));
  expect(await unlessAborted(new Promise(() => {}), abort.signal)).toBeNull();
});
