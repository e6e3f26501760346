// Row S-01.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { BrokerAddress, RuntimeSettings } from '../../../runtime/core/settings.ts';
import type { Runtime } from '../../../runtime/supervisor/runtime.ts';
import { createRuntime } from '../../../runtime/supervisor/supervisor.ts';
import { startFaultyBroker } from '../../../runtime/testing/faulty-broker.ts';
import { writeHandlerFile } from '../../../runtime/testing/function-handlers.ts';
import { startTestRuntime, type TestContext } from '../../../runtime/testing/start-test-runtime.ts';
import { testSettings } from '../../../runtime/testing/test-settings.ts';
import { until } from '../../../runtime/testing/until.ts';

/** Nothing listens on port 1 of a machine that runs tests. */
const nobody: readonly BrokerAddress[] = [{ host: '127.0.0.1', port: 1 }];

function settingsOf(t: TestContext, handlers: object, brokers = nobody): RuntimeSettings {
  const file = writeHandlerFile(handlers);
  t.onTestFinished(async () => file.remove());
  return testSettings({ g: { fragment: { topics: ['t'], execution: 'inline' }, handlers: file.path } }, brokers);
}

function stopAfter(t: TestContext, runtime: Runtime): Runtime {
  t.onTestFinished(async () => void (await runtime.stop()));
  return runtime;
}

test('a record goes all the way, the operators see it, and a stop drains', async (t) => {
  const seen: unknown[] = [];
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 2 } },
    group: { name: 'billing', commit: { interval: '100ms' } },
    handler: (event) => void seen.push(event.data),
  });
  expect(rt.runtime.ready()).toBe(true);
  await rt.runtime.start(); // whoever asks again waits for nothing
  await rt.publish('orders', [
    ['a', 1],
    ['b', 2],
  ]);
  await rt.until(() => rt.runtime.stats().total.events_processed_success === 2);
  expect(new Set(seen)).toEqual(new Set([1, 2]));
  expect(rt.runtime.health()).toMatchObject({ status: 'healthy', connected: true, events_consumed: 2 });
  expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
  expect(rt.runtime.ready()).toBe(false);
  const committed = await Promise.all([0, 1].map((partition) => rt.committed('billing', 'orders', partition)));
  expect(committed.reduce<bigint>((sum, offset) => sum + (offset ?? 0n), 0n)).toBe(2n);
});

test('a broker that cannot be reached is tried again, without being ready, until somebody stops it', async (t) => {
  const runtime = stopAfter(t, createRuntime(settingsOf(t, { '*': () => {} }), { http: false }));
  const failures: string[] = [];
  runtime.events.listen((name) => {
    if (name === 'kafka.connectionFailed') failures.push(name);
  });
  const started = runtime.start();
  await until(() => failures.length >= 2);
  expect(runtime.ready()).toBe(false);
  expect(await runtime.stop()).toEqual({ exitCode: 0, error: null });
  await started;
});

test('stop before start ends with nothing opened', async (t) => {
  const runtime = createRuntime(settingsOf(t, {}), { http: false });
  expect(await runtime.stop()).toEqual({ exitCode: 0, error: null });
});

test('handlers that do not load end the process with exit code 1, and start says why', async (t) => {
  const { brokers } = await startTestRuntime(t, { topics: { t: {} }, handler: () => {} });
  const broken = { OrderPlaced: 'not a function' };
  const runtime = stopAfter(t, createRuntime(settingsOf(t, broken, brokers), { http: false }));
  await expect(runtime.start()).rejects.toMatchObject({ code: 'RT_HANDLER_LOAD' });
  expect(await runtime.done).toMatchObject({ exitCode: 1, error: { code: 'RT_HANDLER_LOAD' } });
  expect(runtime.health().status).toBe('unhealthy');
});

// Row B14.
test('a broker that is too old or too new ends the process with exit code 2', async (t) => {
  const broker = await startFaultyBroker(() => {}, new Map());
  t.onTestFinished(() => broker.close());
  const runtime = stopAfter(t, createRuntime(settingsOf(t, { '*': () => {} }, [broker.address]), { http: false }));
  await expect(runtime.start()).rejects.toMatchObject({ code: 'RT_KAFKA_UNSUPPORTED' });
  expect((await runtime.done).exitCode).toBe(2);
});

test('a port in use ends the start before anything else is opened', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const settings = { ...settingsOf(t, {}), http: { host: '127.0.0.1', port } };
  const runtime = createRuntime(settings);
  await expect(runtime.start()).rejects.toMatchObject({ code: 'RT_ENVIRONMENT' });
  expect((await runtime.done).exitCode).toBe(1);
  await expect(runtime.publish([])).rejects.toMatchObject({ code: 'RT_ENVIRONMENT' });
});

test('one group that may not go on does not stop the others', async (t) => {
  const rt = await startTestRuntime(t, {
    topics: { a: {}, b: {} },
    groups: {
      // Nothing is committed for it, and its manifest forbids to choose a place.
      picky: { topics: ['a'], from: 'fail', handler: () => {} },
      plain: { topics: ['b'], handler: () => {} },
    },
    joined: false,
  });
  await rt.until(() => rt.runtime.health().groups.some(({ state }) => state === 'failed'));
  await rt.publish('b', [['k', 1]]);
  await rt.until(() => rt.runtime.stats().total.events_processed_success === 1);
  expect(rt.runtime.ready()).toBe(false);
  expect(rt.runtime.health().status).toBe('unhealthy');
  expect((await rt.stop()).exitCode).toBe(3);
});

test('a handler that never ends makes the drain run over its budget: exit code 4, nothing committed', async (t) => {
  let called = false;
  const rt = await startTestRuntime(t, {
    topics: { orders: {} },
    group: { name: 'g' },
    manifest: { shutdown: { timeout: '1s' } },
    handler: () => {
      called = true;
      return new Promise(() => {});
    },
  });
  await rt.publish('orders', [['k', 1]]);
  await rt.until(() => called);
  expect(await rt.stop()).toEqual({ exitCode: 4, error: null });
  expect(await rt.committed('g', 'orders', 0)).toBeNull();
});

test('metrics, readiness and health are served where the manifest says', async (t) => {
  const { brokers } = await startTestRuntime(t, { topics: { t: {} }, handler: () => {} });
  const runtime = stopAfter(t, createRuntime(settingsOf(t, { '*': () => {} }, brokers)));
  await runtime.start();
  const get = (path: string) => fetch(`${runtime.httpUrl}${path}`, { headers: { connection: 'close' } });
  expect((await get('/ready')).status).toBe(200);
  expect(await (await get('/health')).json()).toMatchObject({
    status: 'healthy',
    groups: [{ name: 'g', state: 'joined' }],
  });
  expect(await (await get('/metrics')).text()).toContain('kafka_eventbus_connections_active{group="g"} 1');
  expect(await (await get('/stats')).json()).toMatchObject({ total: { rebalance_count: 1 } });
  await runtime.stop();
  await expect(get('/ready')).rejects.toThrow();
});
