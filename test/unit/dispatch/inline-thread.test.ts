import { expect, type TestContext, test } from 'vitest';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';
import type { FromThread, RecordsTask } from '../../../runtime/core/thread-messages.ts';
import { createInlineThread } from '../../../runtime/dispatch/inline-thread.ts';
import type { Event } from '../../../runtime/handler/event.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { writeHandlerFile } from '../../../runtime/testing/function-handlers.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { testSettings } from '../../../runtime/testing/test-settings.ts';

/** Two records, each with a handler of its own that a test settles, started inline. */
async function twoRunning(t: TestContext) {
  const calls: PromiseWithResolvers<void>[] = [];
  const events: Event[] = [];
  const file = writeHandlerFile({
    '*': (event: Event) => {
      events.push(event);
      const call = Promise.withResolvers<void>();
      calls.push(call);
      return call.promise;
    },
  });
  t.onTestFinished(async () => file.remove());
  const group = testSettings(
    {
      billing: {
        fragment: { topics: ['orders'], execution: 'inline', timeouts: { handler: '1s' } },
        handlers: file.path,
      },
    },
    [{ host: '127.0.0.1', port: 1 }],
  ).groups[0]!;
  const clock = new ManualClock();
  const posted: FromThread[] = [];
  const thread = createInlineThread({ group, logLevel: 'silent', clock, random: () => 0.5 }, 0, {
    message: (message) => posted.push(message),
    died: () => {},
  });
  await thread.start();
  const answer = thread.run(recordsTask(['a', 'b']));
  answer.catch(() => {});
  await clock.advance(0);
  expect(calls).toHaveLength(2);
  return { thread, clock, calls, events, posted, answer };
}

interface TaskOptions {
  readonly partition?: number;
  /** Where its bytes come to lie. */
  readonly memory?: ArrayBuffer;
}

function recordsTask(keys: readonly string[], { partition = 0, memory }: TaskOptions = {}): RecordsTask {
  const headers = [['event_type', Buffer.from('Placed')]] as const;
  const records = keys.map((key, offsetDelta) => ({
    ...{ key: Buffer.from(key), value: null, headers, timestamp: 0, offsetDelta },
  }));
  const progress = new Progress(new SharedArrayBuffer(progressBytes(keys.length)), keys.length);
  progress.reset();
  const batch = writeBatch({ baseOffset: 0, records });
  const bytes = memory ?? new ArrayBuffer(batch.length);
  new Uint8Array(bytes).set(batch);
  return {
    ...{ kind: 'records', id: 1 + partition, topic: 'orders', partition, epoch: 1, firstOffset: 0, opening: null },
    ...{ lastOffset: keys.length - 1, progress: progress.memory },
    ...{ bytes, byteLength: batch.length },
  };
}

test('a runner is gone when its handlers have settled, but for the one that it is replaced for', async (t) => {
  const { thread, clock, calls, posted } = await twoRunning(t);
  let gone = false;
  await clock.advance(1_999); // the second one was as slow, and settles just in time
  void thread.kill().then(() => {
    gone = true;
  });
  await clock.advance(500);
  expect(gone).toBe(false);
  calls[1]!.resolve();
  await clock.turn();
  expect(gone).toBe(false); // the first one was aborted anew, and may take its timeout to settle
  await clock.advance(1_000);
  expect(posted.filter(({ kind }) => kind === 'tainted')).toHaveLength(1);
  expect(gone).toBe(true);
});

test('the end of the process waits for no handler', async (t) => {
  const { thread, answer } = await twoRunning(t);
  const killed = thread.kill();
  await thread.end();
  await killed;
  await expect(answer).rejects.toThrow('ended');
});

test('memory carries the next set once no call can look at it, and what was kept of the last one is empty', async (t) => {
  const pool = new BytesPool();
  const { thread, clock, calls, events } = await twoRunning(t);
  const close = { kind: 'close', topic: 'orders', epoch: 1, mode: 'abort', reason: 'revoked' } as const;
  const first = recordsTask(['c'], { partition: 1, memory: pool.take(100_000) });
  const answer = thread.run(first);
  await clock.advance(0);
  thread.post({ ...close, partition: 1 });
  // Its handler goes on: as long as it does, its bytes are its own.
  expect((await answer).bytes).toBeNull();
  expect(events[2]?.key).toBe('c');
  calls[2]!.resolve();

  const second = recordsTask(['d'], { partition: 2, memory: pool.take(100_000) });
  const done = thread.run(second);
  await clock.advance(0);
  calls[3]!.resolve();
  await clock.advance(0);
  const { bytes } = await done;
  expect(bytes!.byteLength).toBeGreaterThan(100_000);
  expect(second.bytes.detached).toBe(true);
  pool.give(bytes!);
  expect(pool.take(100_000)).toBe(bytes);
  expect(() => events[3]?.key).toThrow('after its handler had resolved');
});
