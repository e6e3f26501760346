// Kafka may start later than we do. Until it is there the process lives, says that it is not ready, and keeps trying;
// then it works without being started again. Operators see all of it over HTTP.
import { expect, onTestFinished, test } from 'vitest';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { freePorts } from '../../scripts/real/free-ports.ts';
import { makeProject } from './support/project.ts';
import { startRuntime } from './support/runtime-process.ts';
import { startBrokerProcess } from './support/targets.ts';

test('not ready while there is no broker, and at work once it appears', { timeout: 120_000 }, async () => {
  const [port] = await freePorts(1);
  const project = makeProject({
    kafka: { brokers: `127.0.0.1:${port}` },
    groups: { orders: { topicPrefix: 'orders', handlers: './handlers.ts' } },
    observability: { http: { port: 0 } },
  });
  const runtime = startRuntime(project);
  const url = `127\\.0\\.0\\.1:${port}`;
  await runtime.says(new RegExp(`Kafka at ${url}[^]*Kafka at ${url}`));
  expect(await runtime.get('/ready')).toEqual({ status: 503, body: '{"ready":false}' });
  expect(await runtime.get('/health')).toMatchObject({
    status: 200,
    body: expect.stringContaining('"connected":false'),
  });

  const broker = await startBrokerProcess(port!);
  onTestFinished(() => broker.close());
  await runtime.joined();
  const kafka = new TestKafka([{ host: '127.0.0.1', port: port! }]);
  onTestFinished(() => kafka.close());
  await kafka.publish('orders.stream', [['key', {}, { event_type: 'OrderPlaced' }]]);
  await runtime.until(() => project.recording.handled() === 1);

  expect(await runtime.get('/ready')).toEqual({ status: 200, body: '{"ready":true}' });
  expect(await runtime.get('/health')).toMatchObject({
    status: 200,
    body: expect.stringContaining('"connected":true'),
  });
  await runtime.until(async () => (await runtime.get('/stats')).body.includes('"events_processed_success":1'));
  expect(await runtime.get('/metrics')).toMatchObject({
    status: 200,
    body: expect.stringMatching(/^# TYPE \w+ counter$/m),
  });
  runtime.signal('SIGTERM');
  expect((await runtime.exit()).code).toBe(0);
});
