// Every module that handles a type gets the record, in the order of the manifest; a retry calls only those that have not
// succeeded yet (D-10), and `'*'` takes what its module has no entry for.
// Rows S-04, S-06.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import { EventHub } from '../../runtime/core/events.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import { loadManifests } from '../../runtime/manifest/load.ts';
import { createRuntime } from '../../runtime/supervisor/supervisor.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { until } from '../../runtime/testing/until.ts';
import { embedded } from './support/embedded.ts';

const modules = {
  'first.mjs': `export default {
    OrderPlaced: (event, ctx) => ctx.log.info('first'),
    '*': (event, ctx) => ctx.log.info('first *'),
  };`,
  'second.mjs': `export default {
    OrderPlaced: async (event, ctx) => {
      ctx.log.info('second');
      if (ctx.attempt < 3) throw new Error('not yet');
    },
  };`,
  'third.mjs': `export default {
    '*': (event, ctx) => ctx.log.info('third *'),
  };`,
};

test('handlers of one type run in the order of the manifest', async (t) => {
  const broker = await embedded(t);
  const folder = mkdtempSync(join(tmpdir(), 'handlers-in-order-'));
  t.onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'handlers'));
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const [name, source] of Object.entries(modules)) writeFileSync(join(folder, 'handlers', name), source);
  const manifest = {
    kafka: { brokers: [`127.0.0.1:${broker.address.port}`] },
    groups: {
      billing: {
        topicPrefix: 'orders',
        handlers: Object.keys(modules).map((name) => `./handlers/${name}`),
        retry: { baseDelay: '5ms', maxDelay: '5ms' },
        commit: { interval: '20ms' },
      },
    },
  };
  writeFileSync(join(folder, 'manifest.yaml'), JSON.stringify(manifest));
  const kafka = new TestKafka([broker.address]);
  t.onTestFinished(() => kafka.close());
  await kafka.createTopics({ 'orders.stream': { partitions: 1 } });

  const lines: string[] = [];
  const events = new EventHub();
  events.listen((name, event) => {
    if (name !== 'handler.log') return;
    const { line } = event as { readonly line: { readonly message: string; readonly fields: object } };
    const { type, attempt } = line.fields as { readonly type: string | null; readonly attempt: number };
    lines.push(`${type} ${attempt} ${line.message}`);
  });
  const settings = loadManifests(['manifest.yaml'], { env: {}, cwd: folder, random: systemRandom });
  const runtime = createRuntime(settings, {
    http: false,
    events,
    logger: pino({ level: 'info' }, { write: () => {} }),
  });
  t.onTestFinished(async () => void (await runtime.stop()));
  await runtime.start();
  await kafka.publish('orders.stream', [
    ['a', {}, { event_type: 'OrderPlaced' }],
    ['a', {}, { event_type: 'OrderShipped' }],
    ['a', {}],
  ]);
  await until(async () => (await kafka.committed('billing', 'orders.stream', 0)) === 3n, { state: () => lines });
  expect(lines).toEqual([
    'OrderPlaced 1 first',
    'OrderPlaced 1 second',
    'OrderPlaced 1 third *',
    'OrderPlaced 2 second',
    'OrderPlaced 3 second',
    'OrderShipped 1 first *',
    'OrderShipped 1 third *',
    'null 1 first *',
    'null 1 third *',
  ]);
});
