// Whatever a process is doing when it is asked to end, it ends, and its exit code tells whether something was cut short
// 0 when all that was in flight is finished, 4 when not.
import { expect, test } from 'vitest';
import type { Broker } from '../../runtime/broker/broker.ts';
import type { ControlAction } from '../../runtime/broker/controls.ts';
import { startTestRuntime, type TestRuntime } from '../../runtime/testing/index.ts';
import type { GroupFragment } from '../../runtime/testing/test-settings.ts';
import { embedded } from './support/embedded.ts';
import { quickInline } from './support/quick.ts';

interface State {
  readonly name: string;
  readonly exitCode: 0 | 4;
  readonly group?: GroupFragment;
  /** By event key; a promise that never settles for a call that does not end. */
  readonly handler?: (key: string, signal: AbortSignal) => unknown;
  /** Brings it about; resolves when it is there. */
  readonly reach: (rt: TestRuntime, broker: Broker) => Promise<unknown>;
  readonly joined?: boolean;
}

const silence: ControlAction = { kind: 'delay', ms: 600_000 };
const always = (action: ControlAction): readonly ControlAction[] => Array.from({ length: 500 }, () => action);
const never = new Promise<never>(() => {});
const fail = (): never => {
  throw new Error('no');
};
const record = (rt: TestRuntime): Promise<void> => rt.publish('orders', [['a', {}]]);
const onceCalled = async (rt: TestRuntime): Promise<void> => {
  await record(rt);
  await rt.until(() => called > 0);
};
let called = 0;

const states: readonly State[] = [
  { name: 'nothing to do', exitCode: 0, reach: async () => {} },
  {
    name: 'everything done, nothing committed',
    exitCode: 0,
    group: { commit: { interval: '10m' } },
    reach: onceCalled,
  },
  {
    name: 'a handler that ends in time',
    exitCode: 0,
    handler: () => new Promise((resolve) => setTimeout(resolve, 50)),
    reach: onceCalled,
  },
  { name: 'a handler that never ends', exitCode: 4, handler: () => never, reach: onceCalled },
  {
    name: 'a handler that ends when its signal is aborted',
    exitCode: 4,
    handler: (_key, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    reach: onceCalled,
  },
  {
    name: 'a record that waits for its retry',
    exitCode: 4,
    group: { retry: { baseDelay: '1h', maxDelay: '1h' } },
    handler: fail,
    reach: async (rt) => {
      await record(rt);
      await rt.until(() => rt.count('record.retried') === 1);
    },
  },
  {
    name: 'a dead letter that cannot be written',
    exitCode: 4,
    group: { retry: { maxRetries: 0 } },
    handler: fail,
    reach: async (rt, broker) => {
      await record(rt);
      broker.control.next('Produce', ...always({ kind: 'error', code: 29 }));
      await rt.until(() => rt.count('deadLetter.failed') > 0);
    },
  },
  {
    name: 'a key that waits for an operator',
    exitCode: 0,
    group: { retry: { maxRetries: 0, onExhausted: 'stop' } },
    handler: fail,
    reach: async (rt) => {
      await record(rt);
      await rt.until(() => rt.count('record.held') === 1);
    },
  },
  {
    name: 'a partition that is full',
    exitCode: 4,
    group: { buffer: { maxRecords: 1 }, concurrency: { max: 1 } },
    handler: () => never,
    reach: async (rt) => {
      for (let nr = 0; nr < 5; nr++) await rt.publish('orders', [[`key ${nr}`, {}]]);
      await rt.until(() => called > 0);
    },
  },
  {
    name: 'commits that are not answered',
    exitCode: 0,
    reach: async (rt, broker) => {
      broker.control.next('OffsetCommit', ...always(silence));
      await onceCalled(rt);
    },
  },
  {
    name: 'a fetch that is not answered',
    exitCode: 0,
    reach: async (rt, broker) => {
      broker.control.next('Fetch', ...always(silence));
      await record(rt);
    },
  },
  {
    name: 'a coordinator that is a black hole',
    exitCode: 0,
    reach: async (rt, broker) => {
      for (const api of ['Heartbeat', 'LeaveGroup']) broker.control.next(api, ...always(silence));
      await record(rt);
    },
  },
  {
    name: 'a rebalance',
    exitCode: 0,
    reach: async (rt, broker) => {
      const joins = broker.control.served('JoinGroup');
      broker.control.next('JoinGroup', ...always(silence));
      broker.control.next('Heartbeat', { kind: 'error', code: 27 });
      await rt.until(() => broker.control.served('JoinGroup') > joins);
    },
  },
  {
    name: 'a join that is not answered',
    exitCode: 0,
    joined: false,
    reach: async () => {},
  },
  {
    name: 'a broker that has gone',
    exitCode: 0,
    reach: async (rt, broker) => {
      await broker.stop();
      await rt.until(() => rt.count('kafka.connectionFailed') > 0);
    },
  },
];

test.for(states)('a stop ends in every state: $name', async (state, t) => {
  const { exitCode, group, handler, reach, joined = true } = state;
  called = 0;
  const broker = await embedded(t);
  if (!joined) broker.control.next('JoinGroup', ...always(silence));
  const rt = await startTestRuntime(t, {
    ...{ brokers: [broker.address], topics: { orders: { partitions: 1 } }, joined },
    group: { ...quickInline, protocol: 'classic', ...group },
    manifest: { shutdown: { timeout: '300ms' } },
    handler: (event, ctx) => {
      called++;
      return handler?.(String(event.key), ctx.signal) as Promise<void>;
    },
  });
  await reach(rt, broker);
  expect(await rt.stop()).toMatchObject({ exitCode });
});
