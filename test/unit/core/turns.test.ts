import { expect, test } from 'vitest';
import { Turns } from '../../../runtime/core/turns.ts';

test('so many work at once, the others in their order, also after one that failed', async () => {
  const turns = new Turns(2);
  const log: string[] = [];
  const works = ['a', 'b', 'c', 'd'].map((name) => ({ name, gate: Promise.withResolvers<string>() }));
  const ends = works.map(({ name, gate }) =>
    turns.during(() => {
      log.push(name);
      return gate.promise;
    }),
  );
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await settle();
  expect(log).toEqual(['a', 'b']);
  works[1]!.gate.reject(new Error('no'));
  await expect(ends[1]).rejects.toThrow('no');
  await settle();
  expect(log).toEqual(['a', 'b', 'c']);
  for (const { gate } of works) gate.resolve('done');
  expect(await Promise.all([ends[0], ends[2], ends[3]])).toEqual(['done', 'done', 'done']);
  expect(await turns.during(async () => 'free')).toBe('free');
});
