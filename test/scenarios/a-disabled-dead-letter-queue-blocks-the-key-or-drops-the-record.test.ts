// Without a dead letter topic the manifest says what a failed record costs: its key's progress, or the record.
// Row S-64.
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { quick } from './support/quick.ts';

for (const { onDisabled, succeed, committed } of [
  { onDisabled: 'block', succeed: ['good 1'], committed: null },
  { onDisabled: 'drop', succeed: ['bad 1', 'good 1'], committed: 3n },
]) {
  test(`a disabled dead letter queue: ${onDisabled}`, async (t) => {
    const rt = await startTestRuntime(t, {
      topics: { orders: { partitions: 1 } },
      group: {
        ...quick,
        name: 'billing',
        retry: { ...quick.retry, maxRetries: 1 },
        dlq: { enabled: false, onDisabled },
      },
      handlers: scripted,
    });
    await rt.publish('orders', [
      ['bad', { succeedsAt: 99 }],
      ['bad', {}],
      ['good', {}],
    ]);
    const decided = onDisabled === 'drop' ? 'record.dropped' : 'record.held';
    await rt.until(() => rt.count(decided) === 1 && ended('succeeded', rt).length === succeed.length);
    expect(ended('failed', rt)).toEqual(['bad 1', 'bad 2']);

    // A drain does not wait for a record that only an operator can finish: nothing is cut short.
    expect((await rt.stop()).exitCode).toBe(0);
    expect(ended('succeeded', rt).toSorted()).toEqual(succeed);
    expect(await rt.committed('billing', 'orders', 0)).toBe(committed);
    expect(await rt.deadLetters('orders')).toEqual([]);
  });
}
