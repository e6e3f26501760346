// `dedupe.store: sql` needs its database. While it is away nothing is handled, passed over or given up; what only an
// operator can change is said at start, and never with the password.
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FaultyNetwork, startFaultyNetwork } from '../../runtime/testing/faulty-network.ts';
import { effectsWork, partitions, postgres } from './support/effects-work.ts';
import { startRuntime } from './support/runtime-process.ts';

describe.skipIf(postgres.missing)('on PostgreSQL', () => {
  test('R24: not ready until it is there; while it is away records wait', { timeout: 180_000 }, async () => {
    let made: FaultyNetwork | undefined;
    const work = await effectsWork(async (url) => {
      const database = { host: url.hostname, port: Number(url.port || 5432) };
      made = await startFaultyNetwork(() => database);
      url.hostname = made.address.host;
      url.port = String(made.address.port);
    });
    const network = made!;
    onTestFinished(() => network.close());
    network.refuse(true);
    const runtime = startRuntime(work.project);
    await runtime.says(/the store postgres:.*cannot be reached/);
    expect((await runtime.get('/ready')).status).toBe(503);
    expect((await runtime.get('/health')).body).toContain('"state":"restarting"');

    network.refuse(false);
    await runtime.joined(partitions);
    await work.publish(0, 100);
    await runtime.until(async () => (await work.count()) === 100);

    network.refuse(true);
    network.cut();
    await work.publish(100, 200);
    const told = runtime.output.length;
    await runtime.until(() => /cannot be reached/.test(runtime.output.slice(told)));
    expect(await work.count()).toBe(100);
    expect((await runtime.get('/ready')).status).toBe(503);
    expect((await runtime.get('/health')).body).toMatch(/"lastError":"the store postgres:/);

    network.refuse(false);
    await runtime.until(async () => (await work.count()) >= 200);
    await runtime.joined(partitions);
    runtime.signal('SIGTERM');
    expect((await runtime.exit()).code).toBe(0);
    expect(await work.count()).toBe(200);
    expect(await work.kafka.read('orders.dlq')).toEqual([]);
    if (work.secret !== null) expect(runtime.output).not.toContain(work.secret);
  });

  test('without tables it says which command makes them, and ends', { timeout: 120_000 }, async () => {
    const work = await effectsWork(async () => {}, { tables: false });
    const runtime = startRuntime(work.project);
    expect((await runtime.exit()).code).toBe(1);
    expect(runtime.output).toMatch(/has no tables yet: run `runtime store migrate <manifest>`/);
    if (work.secret !== null) expect(runtime.output).not.toContain(work.secret);
  });
});
