// `producer`: profiles, values that are refused, keys that do not go together, the partitioner's module, and the
// sections alone, as `createPublisher` takes them.
// Row S-26.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadProcess } from '../../../runtime/manifest/load.ts';
import { createProject, groupWith, refused } from './project.ts';

const project = createProject();
afterAll(project.remove);
project.write('handlers/tenant.ts', 'export default () => 0;');

const text = (producer: string): string => `producer: { ${producer} }\n${groupWith()}`;
const load = (producer: string) => project.loadText(text(producer)).producer;

test.each([
  ['throughput', { batchBytes: 1_048_576, lingerMs: 100, compression: 'lz4', acks: 1, idempotent: false }],
  ['latency', { batchBytes: 16_384, lingerMs: 0, compression: 'none', acks: 1, idempotent: false }],
  ['balanced', { batchBytes: 32_768, lingerMs: 10, compression: 'gzip', acks: -1, idempotent: true }],
])('profile %s', (profile, settings) => {
  expect(load(`profile: ${profile}`)).toEqual({ ...load('profile: null'), ...settings });
});

test('what is written beside a profile wins', () => {
  expect(load('profile: throughput, acks: all, idempotent: true, linger: 5ms')).toMatchObject({
    acks: -1,
    idempotent: true,
    lingerMs: 5,
    batchBytes: 1_048_576,
  });
});

test('every key has its place', () => {
  expect(
    load(
      'batchBytes: 64KiB, batchRecords: 1000, linger: 5ms, maxInFlight: 1, retries: 0, bufferBytes: 1MiB, maxBlock: 0ms, partitioner: { by: composite, keyRequired: true }',
    ),
  ).toMatchObject({
    batchBytes: 65_536,
    batchRecords: 1_000,
    lingerMs: 5,
    maxInFlight: 1,
    retries: 0,
    bufferBytes: 1_048_576,
    maxBlockMs: 0,
    partitioner: { by: 'composite', file: null, keyRequired: true },
  });
  expect(load('idempotent: false, maxInFlight: 100').maxInFlight).toBe(100);
});

test.each([
  ['profile: fast', 'producer.profile'],
  ['batchBytes: 16384', 'producer.batchBytes'],
  ['batchBytes: 100B', 'producer.batchBytes'],
  ['batchBytes: 1GiB', 'producer.batchBytes'],
  ['batchRecords: 0', 'producer.batchRecords'],
  ['batchRecords: many', 'producer.batchRecords'],
  ['linger: 5', 'producer.linger'],
  ['linger: 2m', 'producer.linger'],
  ['maxInFlight: 0', 'producer.maxInFlight'],
  ['maxInFlight: 2.5', 'producer.maxInFlight'],
  ['retries: -1', 'producer.retries'],
  ['bufferBytes: 1KiB', 'producer.bufferBytes'],
  ['maxBlock: soon', 'producer.maxBlock'],
  ['partitioner: key', 'producer.partitioner'],
  ['partitioner: { by: hash }', 'producer.partitioner.by'],
  ['partitioner: { by: key, keyRequired: maybe }', 'producer.partitioner.keyRequired'],
  ['partitioner: { with: key }', 'producer.partitioner.with'],
  ['partitioner: { by: module, module: "" }', 'producer.partitioner.module'],
])('%s is refused', (producer, path) => {
  expect(project.problemsOf(text(producer))).toMatchObject([{ path, line: 1 }]);
});

test.each([
  ['acks: 1', 'producer.acks', /needs every acknowledgement \(got acks: 1, want acks: all, or idempotent: false/],
  ['profile: latency, idempotent: true', 'producer.acks', /got acks: 1, with profile: latency/],
  ['maxInFlight: 6', 'producer.maxInFlight', /only the last 5 batches .* \(got maxInFlight: 6/],
  ['batchBytes: 2MiB, bufferBytes: 1MiB', 'producer.batchBytes', /at most producer.bufferBytes/],
  ['partitioner: { by: module }', 'producer.partitioner.by', /needs the path of one/],
  ['partitioner: { module: ../handlers/tenant.ts }', 'producer.partitioner.module', /by: key uses no module/],
  ['partitioner: { by: module, module: ../handlers/no.ts }', 'producer.partitioner.module', /no such file/],
  ['partitioner: { by: module, module: ../../x.ts }', 'producer.partitioner.module', /outside the project/],
])('%s does not go together', (producer, path, message) => {
  expect(project.problemsOf(text(producer))).toMatchObject([
    { path, message: expect.stringMatching(message) as unknown },
  ]);
});

test("a module is found from its own manifest's folder", () => {
  project.write('other/manifests/groups.yaml', groupWith('handlers: ../../handlers/a.ts'));
  project.write('manifests/producer.yaml', 'producer: { partitioner: { by: module, module: ../handlers/tenant.ts } }');
  const settings = project.load(['other/manifests/groups.yaml', 'manifests/producer.yaml']);
  expect(settings.producer.partitioner.file).toBe(join(project.folder, 'handlers/tenant.ts'));
});

const options = { env: { KAFKA_BROKERS: 'kafka-1:9092' }, cwd: project.folder, random: () => 0.5, hostname: 'box' };

test('the sections alone, with defaults, variables and rules', () => {
  const settings = loadProcess({ producer: { linger: '5ms' } }, options);
  expect(settings.kafka.brokers).toEqual([{ host: 'kafka-1', port: 9092 }]);
  expect(settings.producer).toMatchObject({ lingerMs: 5, acks: -1 });
  expect(settings).not.toHaveProperty('groups');
  const named = { producer: { partitioner: { by: 'module', module: './handlers/tenant.ts' } } };
  expect(loadProcess(named, options).producer.partitioner.file).toBe(join(project.folder, 'handlers/tenant.ts'));
});

test('the sections of a manifest, whose groups are left alone', () => {
  project.write('manifests/one.yaml', text('linger: 7ms'));
  expect(loadProcess(['manifests/one.yaml'], options).producer.lingerMs).toBe(7);
  project.write('manifests/none.yaml', 'producer: { linger: 8ms }');
  expect(loadProcess(['manifests/none.yaml'], options).producer.lingerMs).toBe(8);
});

test('mistakes in the sections are told all at once', () => {
  const sections = { producer: { acks: 2, lingre: '5ms' }, kafka: { brokers: 'x:y' } };
  const problems = refused(() => loadProcess(sections, options));
  expect(problems.map(({ file, path }) => [file, path]).toSorted()).toEqual([
    ['settings', 'producer.acks'],
    ['settings', 'producer.lingre'],
  ]);
});
