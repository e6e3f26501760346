import { expect, type TestContext, test } from 'vitest';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';
import type { FromThread, RecordsTask } from '../../../runtime/core/thread-messages.ts';
import { createInlineThread } from '../../../runtime/dispatch/inline-thread.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { writeHandlerFile } from '../../../runtime/testing/function-handlers.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { testSettings } from '../../../runtime/testing/test-settings.ts';

/** Two records, each with a handler of its own that a test settles, started inline. */
async function twoRunning(t: TestContext) {
  const calls: PromiseWithResolvers<void>[] = [];
  const file = writeHandlerFile({
    '*': () => {
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
  return { thread, clock, calls, posted, answer };
}

function recordsTask(keys: readonly string[]): RecordsTask {
  const headers = [['event_type', Buffer.from('Placed')]] as const;
  const records = keys.map((key, offsetDelta) => ({
    ...{ key: Buffer.from(key), value: null, headers, timestamp: 0, offsetDelta },
  }));
  const progress = new Progress(new SharedArrayBuffer(progressBytes(keys.length)), keys.length);
  progress.reset();
  return {
    ...{ kind: 'records', id: 1, topic: 'orders', partition: 0, epoch: 1, firstOffset: 0, opening: null },
    ...{ lastOffset: keys.length - 1, progress: progress.memory },
    bytes: new Uint8Array(writeBatch({ baseOffset: 0, records })).buffer,
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
