// What a program says about its bus becomes settings as a manifest's would, or a message that says what is wrong.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type BusOptions, busSettings } from '../../../runtime/bus/bus-settings.ts';
import { createKafkaBus, createMemoryBus } from '../../../runtime/index.ts';

const env = { KAFKA_BROKERS: 'kafka-1:9092' };

function project(manifest: string): { readonly cwd: string; readonly env: typeof env } {
  const cwd = mkdtempSync(join(tmpdir(), 'bus-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  mkdirSync(join(cwd, 'handlers'));
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(cwd, 'handlers/audit.ts'), 'export default { A() { globalThis.audited?.(); } };');
  writeFileSync(join(cwd, 'm.yaml'), manifest);
  return { cwd, env };
}

test('S-18, S-19: a prefix, a group and brokers are enough', () => {
  const { process, group } = busSettings({ group: 'billing', topicPrefix: 'orders', brokers: 'a:1,b:2', env: {} });
  expect(group).toMatchObject({
    name: 'billing',
    topics: [{ name: 'orders.stream', dlqTopic: 'orders.stream.dlq' }],
    handlers: [],
    execution: 'inline',
    retry: { maxRetries: 3 },
  });
  expect(process.groups).toEqual([group]);
  expect(process.kafka.brokers).toEqual([
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
  ]);
});

test('S-23: without brokers those of the environment are taken', () => {
  const { process } = busSettings({ group: 'billing', topicPrefix: 'orders', env });
  expect(process.kafka.brokers).toEqual([{ host: 'kafka-1', port: 9092 }]);
});

test('sections are those of a manifest, and other groups are left out', () => {
  const manifest = {
    producer: { profile: 'throughput' },
    groups: { audit: { topics: ['a', 'b'], concurrency: { max: 3 } }, other: { topics: ['c'], handlers: './o.ts' } },
  };
  const options = { ...project(''), group: 'audit', manifest };
  writeFileSync(join(options.cwd, 'o.ts'), '');
  const { process, group } = busSettings(options);
  expect(process.producer.acks).toBe(1);
  expect(process.groups.map(({ name }) => name)).toEqual(['audit']);
  expect(group.concurrency).toMatchObject({ max: 3, workers: 1 });
});

test('a group of a manifest file keeps its handlers, which run before what is subscribed', async () => {
  const made = project('groups: { audit: { topicPrefix: orders, handlers: ./handlers/audit.ts } }');
  const bus = await createMemoryBus({ ...made, group: 'audit', manifest: 'm.yaml', logs: false });
  onTestFinished(async () => void (await bus.stop()));
  const seen: string[] = [];
  const both = Promise.withResolvers<void>();
  (globalThis as { audited?: () => void }).audited = () => void seen.push('module');
  onTestFinished(() => void delete (globalThis as { audited?: () => void }).audited);
  bus.subscribe('A', () => {
    seen.push('subscriber');
    both.resolve();
  });
  await bus.start();
  await bus.publish({ type: 'A', data: {} });
  await both.promise;
  expect(seen).toEqual(['module', 'subscriber']);
});

test.each<[string, BusOptions, RegExp]>([
  [
    'a mistake in sections',
    { group: 'g', manifest: { groups: { g: { topic: 'a' } } } },
    /settings:1:\d+ groups.g.topic/,
  ],
  ['no topics', { group: 'g' }, /groups.g: which topics to read is not clear/],
  ['a prefix and topics', { group: 'g', topicPrefix: 'a', manifest: { groups: { g: { topics: ['b'] } } } }, /got both/],
  ['a group that is not there', { group: 'g', manifest: 'm.yaml' }, /no group "g" in m.yaml; it has audit/],
  ['brokers twice', { group: 'audit', manifest: 'm.yaml', brokers: 'a:1' }, /brokers is given twice: take it out/],
  ['a prefix twice', { group: 'audit', manifest: ['m.yaml'], topicPrefix: 'a' }, /topicPrefix is given twice/],
])('%s is told', (_, options, message) => {
  const made = project('groups: { audit: { topicPrefix: orders, handlers: ./handlers/audit.ts } }');
  expect(() => busSettings({ ...made, ...options })).toThrow(message);
});

test('a bus on Kafka needs one by name', async () => {
  await expect(createKafkaBus({ group: 'g', topicPrefix: 'a', env: {}, logs: false })).rejects.toMatchObject({
    code: 'RT_USAGE',
    message: expect.stringContaining('set brokers, kafka.brokers or KAFKA_BROKERS') as unknown,
  });
});
