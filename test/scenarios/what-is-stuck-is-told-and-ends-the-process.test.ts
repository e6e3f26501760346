// Five ways to be stuck while the process looks alive (row X-03): `/health` answers 503 and names the group and the
// cause, then the process ends with exit code 3.
// Row S-81.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Broker } from '../../runtime/broker/broker.ts';
import type { ControlAction } from '../../runtime/broker/controls.ts';
import { startTestRuntime, type TestContext, type TestRuntime } from '../../runtime/testing/index.ts';
import { scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { gate } from './support/gate.ts';
import { protocols } from './support/membership.ts';
import { quick } from './support/quick.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'handlers');
const silence: ControlAction = { kind: 'delay', ms: 600_000 };
const illegalGeneration = 22;
const coordinatorNotAvailable = 15;
const topicAuthorizationFailed = 29;

/** More often than any test asks. */
const always = (action: ControlAction): readonly ControlAction[] => Array.from({ length: 2_000 }, () => action);

async function start(
  t: TestContext,
  handlers: string = scripted,
  protocol: string = 'auto',
): Promise<{ rt: TestRuntime; broker: Broker }> {
  const broker = await embedded(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing', protocol, retry: { ...quick.retry, maxRetries: 0 } },
    manifest: { observability: { health: { stalledFor: '1s' }, http: { port: 0 } }, shutdown: { timeout: '1s' } },
    http: true,
    handlers,
  });
  expect((await fetch(`${rt.runtime.httpUrl}/health`)).status).toBe(200);
  return { rt, broker };
}

/** Waits for the 503, and for the end. */
async function expectStalled(rt: TestRuntime, cause: string): Promise<void> {
  let told: { readonly stalls?: unknown } = {};
  await rt.until(async () => {
    const answer = await fetch(`${rt.runtime.httpUrl}/health`);
    told = (await answer.json()) as typeof told;
    return answer.status === 503;
  });
  expect(told).toMatchObject({ status: 'unhealthy', stalls: [{ group: 'billing' }] });
  expect(told.stalls).toMatchObject([{ cause: expect.stringContaining(cause) as unknown }]);
  const { exitCode, error } = await rt.runtime.done;
  expect({ exitCode, error }).toMatchObject({ exitCode: 3, error: { code: 'RT_GROUP_STALLED' } });
  expect((error as Error).message).toContain('group billing');
}

test('a fetch that gets no answer', async (t) => {
  const { rt, broker } = await start(t);
  broker.control.next('Fetch', ...always(silence));
  await expectStalled(rt, 'fetch from');
});

test.for(protocols)('a coordinator that has become a black hole, protocol %s', async (protocol, t) => {
  const { rt, broker } = await start(t, scripted, protocol);
  for (const api of ['Heartbeat', 'JoinGroup', 'LeaveGroup', 'ConsumerGroupHeartbeat'])
    broker.control.next(api, ...always(silence));
  await expectStalled(rt, 'coordinator: ');
});

for (const code of [coordinatorNotAvailable, illegalGeneration]) {
  test(`commits that are refused for ever: ${code}`, async (t) => {
    const { rt, broker } = await start(t);
    broker.control.next('OffsetCommit', ...always({ kind: 'error', code }));
    await rt.publish('orders', [['a', {}]]);
    await expectStalled(rt, 'commit: ');
  });
}

test('a dead letter topic that cannot be written for ever', async (t) => {
  const { rt, broker } = await start(t);
  const started = gate(t);
  await rt.publish('orders', [['a', { succeedsAt: 99, waitsFor: started.path }]]);
  broker.control.next('Produce', ...always({ kind: 'error', code: topicAuthorizationFailed }));
  started.open();
  await expectStalled(rt, 'dead letter of orders/0 offset 0: orders.dlq cannot be written');
});

test('a handler thread that nothing can replace', async (t) => {
  const mark = gate(t);
  process.env.GONE_FOR_GOOD = mark.path;
  t.onTestFinished(() => void delete process.env.GONE_FOR_GOOD);
  const { rt } = await start(t, join(fixtures, 'gone-for-good.ts'));
  await rt.publish('orders', [['a', {}]]);
  await expectStalled(rt, 'thread 0: ');
});
