// Kafka refuses with every code that the engine's table knows, and with codes that it does not: what passes is asked again
// until it is answered, twice in a row for each code; what an operator has to mend ends the process with its exit code and
// the code's name (row B9: a code that nobody knows is no loop).
import { expect, test } from 'vitest';
import type { ControlAction } from '../../runtime/broker/controls.ts';
import { actionFor, type RequestKind } from '../../runtime/consumer/error-actions.ts';
import { kafkaErrorName } from '../../runtime/protocol/error-codes.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { embedded } from '../scenarios/support/embedded.ts';
import { fastClock } from './support/fast-clock.ts';

/** Those of the wire notes, and two that Kafka does not have. */
const codes = [
  ...[-1, 1, 2, 3, 5, 6, 7, 9, 12, 13, 14, 15, 16, 19, 20, 22, 23, 25, 26, 27, 28, 29, 30, 31, 35, 56, 58, 74, 75, 78],
  ...[79, 81, 82, 87, 88, 100, 103, 110, 111, 112, 113, 999, -2],
];
const apis: readonly [api: string, kind: RequestKind, when: 'start' | 'run'][] = [
  ['JoinGroup', 'join', 'start'],
  ['SyncGroup', 'sync', 'start'],
  ['OffsetFetch', 'offsetFetch', 'start'],
  ['ListOffsets', 'listOffsets', 'start'],
  ['Heartbeat', 'heartbeat', 'run'],
  ['OffsetCommit', 'commit', 'run'],
  ['Fetch', 'fetch', 'run'],
];
/** These pass without a change of the membership or of the position; the others have tests of their own. */
const passing = new Set(['retry', 'refresh', 'findCoordinator', 'rejoin', 'plain']);
/** Waits of a second take 20 ms; the broker has its own clock, so what it is told has to be long. */
const clock = fastClock(50);
const group = {
  name: 'billing',
  protocol: 'classic',
  topics: ['orders'],
  timeouts: { heartbeat: '2s', session: '25m', rebalance: '25m' },
  commit: { interval: '1s' },
  batch: { maxWait: '1s' },
  retry: { maxRetries: 0 },
};
const manifest = {
  // Forty refusals in a row are a stall by any other measure.
  observability: { http: { port: 0 }, health: { stalledFor: '1h' } },
};

for (const [api, kind, when] of apis) {
  const transient = codes.filter((code) => passing.has(actionFor(kind, code)));
  const fatal = codes.filter((code) => actionFor(kind, code) === 'fatal');

  test(`${api} is refused twice with each of ${transient.join(', ')}: records go on`, async (t) => {
    const { control, admin, start } = await scene(t);
    const refusals = transient.flatMap((code) => [error(code), error(code)]);
    if (when === 'start') control.next(api, ...refusals);
    const { rt, handled } = await start();
    if (when === 'run') control.next(api, ...refusals);
    const before = control.served(api);
    let published = 0;
    do {
      await admin.publish('orders', [[`record ${published++}`, {}]]);
      await rt.until(() => rt.events('offsets.committed').at(-1)?.offsets[0]?.offset === published);
    } while (when === 'run' && control.served(api) < before + refusals.length);
    expect(control.served(api)).toBeGreaterThanOrEqual(refusals.length);
    expect(handled).toEqual(Array.from({ length: published }, (_, nr) => `record ${nr}`));
    expect(rt.count('group.failed') + rt.count('partition.stopped')).toBe(0);
    expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
  });

  test(`B9: ${api} is refused with one of ${fatal.join(', ')}: the process ends and says so`, async (t) => {
    const { control, admin, start } = await scene(t);
    for (const code of fatal) {
      control.next(api, error(code));
      const { rt } = await start(false);
      if (api === 'OffsetCommit') await admin.publish('orders', [['record', {}]]);
      const end = await rt.runtime.done;
      // 58 says that we are not who we say, which no group can mend.
      expect(end, String(code)).toMatchObject({ exitCode: code === 58 ? 2 : 3 });
      expect(end.error).toMatchObject({
        code: 'RT_KAFKA_REFUSED',
        kafkaError: { code, name: kafkaErrorName(code) },
        message: expect.stringContaining(`${kafkaErrorName(code)} (${code})`),
      });
      expect(rt.count('group.failed')).toBe(1);
      control.clear();
    }
  });
}

type T = Parameters<typeof embedded>[0];

async function scene(t: T) {
  const broker = await embedded(t);
  const admin = new TestKafka([broker.address]);
  t.onTestFinished(() => admin.close());
  await admin.createTopics({ orders: { partitions: 1 }, 'orders.dlq': { partitions: 1 } });
  const start = async (joined = true) => {
    const handled: string[] = [];
    const handler = (event: { readonly key: string | null }) => void handled.push(event.key!);
    const rt = await startTestRuntime(t, { brokers: [broker.address], group, manifest, handler, clock, joined });
    return { rt, handled };
  };
  return { control: broker.control, admin, start };
}

function error(code: number): ControlAction {
  return { kind: 'error', code };
}
