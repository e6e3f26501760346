// The order of a run's end: what is asked of the stages, and when.
import { expect, test } from 'vitest';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';
import { ProgressPool } from '../../../runtime/core/progress.ts';
import { runGroup, type StageMakers } from '../../../runtime/supervisor/group-runner.ts';
import { Shares } from '../../../runtime/supervisor/shares.ts';

/** Stages that write down what they are asked for. @param start of the handler threads */
function recordedStages(start: () => Promise<void>, leave = true) {
  const asked: string[] = [];
  const tell = (what: string) => () => void asked.push(what);
  const stage = (name: string, methods: object): never =>
    ({ stop: async () => void asked.push(`${name}.stop`), ...methods }) as never;
  const make: StageMakers = {
    consumer: () =>
      stage('consumer', {
        async *recordSets(signal: AbortSignal) {
          if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
          asked.push('consumer.recordSets ended');
          yield* [];
        },
        leave: async (budgetMs: number) => {
          asked.push(`consumer.leave ${budgetMs}`);
          return leave;
        },
      }),
    dispatch: () => stage('dispatch', { start }),
    commit: () => stage('commit', { stop: tell('commit.stop') }),
    outcome: () => stage('outcome', { stop: tell('outcome.stop') }),
    shares: new Shares(1, new ProgressPool(), new BytesPool()),
    publish: async () => ({ kind: 'ok', published: [] }) as never,
    topics: async () => void asked.push('topics'),
  };
  return { make, asked };
}

/** With the signal aborted from the first moment on, the topics are not asked for. */
const end = ['consumer.recordSets ended', 'consumer.leave 500', 'commit.stop', 'outcome.stop', 'dispatch.stop'];

test('an end is a drain: the group is left before commits and threads stop', async () => {
  const { make, asked } = recordedStages(async () => {}, false);
  const ending = new AbortController();
  const ran = runGroup(make, 500, ending.signal);
  ending.abort();
  expect(await ran).toBe(false);
  expect(asked).toEqual(end);
});

test('handlers that still load are not waited for', async () => {
  const { make, asked } = recordedStages(() => new Promise(() => {}));
  const ending = new AbortController();
  const ran = runGroup(make, 500, ending.signal);
  ending.abort();
  expect(await ran).toBe(true);
  expect(asked).toEqual(end);
});

test('handlers that cannot be loaded end the run, and what was opened is closed', async () => {
  const { make, asked } = recordedStages(() => Promise.reject(new Error('no such module')));
  await expect(runGroup(make, 500, new AbortController().signal)).rejects.toThrow('no such module');
  expect(asked).toEqual(['commit.stop', 'outcome.stop', 'dispatch.stop']);
});

test('topics are looked for when the handlers are there', async () => {
  const { make, asked } = recordedStages(async () => void asked.push('dispatch.start'));
  const ending = new AbortController();
  const ran = runGroup(make, 500, ending.signal);
  await expect.poll(() => asked).toEqual(['dispatch.start', 'topics']);
  ending.abort();
  expect(await ran).toBe(true);
  expect(asked.slice(2)).toEqual(end);
});
