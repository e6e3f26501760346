// Rows S-17..S-19, S-21, S-38, S-39, S-60.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { anyEvents } from '../../../runtime/core/event-types.ts';
import { parseDuration, parseSize } from '../../../runtime/core/units.ts';
import { manifestSchema } from '../../../runtime/manifest/schema/schema.ts';
import type { Option } from '../../../runtime/manifest/schema/section.ts';
import { producerSettings } from '../../../runtime/testing/producer-settings.ts';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);

/** Every option below a schema, by its dotted path. */
function optionsOf(option: Option, path: string): [string, Option][] {
  const inner = Object.entries(option.properties ?? {});
  return inner.flatMap(([key, one]) =>
    one.properties === undefined || one.type !== 'object'
      ? [[`${path}${key}`, one] as [string, Option]]
      : optionsOf(one, `${path}${key}.`),
  );
}

const options = optionsOf(manifestSchema, '').filter(([path]) => path !== 'groups');

test('the schema has exactly the defaults that people are told', () => {
  const agreed = parse(readFileSync(join(import.meta.dirname, 'agreed-defaults.yaml'), 'utf8'));
  const fromSchema: Record<string, unknown> = {};
  for (const [path, option] of options) {
    const keys = path.split('.');
    let section: Record<string, unknown> = fromSchema;
    for (const key of keys.slice(0, -1)) {
      section[key] ??= {};
      section = section[key] as Record<string, unknown>;
    }
    section[keys.at(-1)!] = option.default;
  }
  expect(fromSchema).toEqual(agreed);
});

test.each(options)('%s has a text, and a default inside its limits', (_path, option) => {
  expect(option.description).toMatch(/\.$/);
  const amounts = option.duration ?? option.size;
  const parseAmount = option.duration === undefined ? parseSize : parseDuration;
  if (amounts !== undefined && typeof option.default === 'string') {
    expect(parseAmount(option.default)).toBeGreaterThanOrEqual(parseAmount(amounts.min)!);
    expect(parseAmount(option.default)).toBeLessThanOrEqual(parseAmount(amounts.max)!);
  }
  if (option.enum !== undefined) expect(option.enum).toContain(option.default);
});

test('writing every default out changes nothing', () => {
  const agreed = readFileSync(join(import.meta.dirname, 'agreed-defaults.yaml'), 'utf8');
  expect(project.loadText(`${agreed}\n${groupWith()}`)).toEqual(project.loadText(groupWith()));
});

test('programs without a manifest get the same producer', () => {
  expect(producerSettings()).toEqual(project.loadText(groupWith()).producer);
});

test('four lines are a manifest', () => {
  const settings = project.loadText(
    'groups:\n  projections:\n    topicPrefix: orders\n    handlers: ../handlers/a.ts\n',
  );
  expect(settings).toEqual({
    kafka: {
      brokers: 'embedded',
      clientId: 'box-80000000',
      client: 'kafkajs',
      requestTimeoutMs: 30_000,
      maxResponseBytes: 104_857_600,
    },
    producer: {
      acks: -1,
      compression: 'gzip',
      idempotent: true,
      batchBytes: 16_384,
      batchRecords: null,
      lingerMs: 0,
      maxInFlight: 5,
      retries: 3,
      bufferBytes: 33_554_432,
      maxBlockMs: 60_000,
      partitioner: { by: 'key', file: null, keyRequired: false },
    },
    shutdown: { timeoutMs: 30_000 },
    http: { host: '127.0.0.1', port: 8000 },
    health: { stalledForMs: 120_000 },
    logs: { level: 'info', format: 'auto' },
    store: { url: `pglite:${join(project.folder, 'manifests/.runtime/store')}` },
    gateway: {
      host: '127.0.0.1',
      port: 8080,
      maxBodyBytes: 1_048_576,
      idempotency: { header: 'idempotency-key', ttlMs: 86_400_000, max: 100_000 },
      routes: [],
    },
    groups: [
      {
        name: 'projections',
        topics: [{ name: 'orders.stream', dlqTopic: 'orders.stream.dlq' }],
        handlers: [{ file: join(project.folder, 'handlers/a.ts'), events: null }],
        from: 'earliest',
        execution: 'pool',
        protocol: 'auto',
        concurrency: {
          order: 'key',
          keyFrom: { kind: 'key' },
          nullKey: 'partition',
          workers: 2,
          shares: 1,
          maxHeapBytes: null,
          max: 64,
        },
        fetch: { maxWaitMs: 500, minBytes: 1, maxBytes: 8_388_608, maxDecompressedBytes: 67_108_864 },
        buffer: { maxRecords: 5000, maxBytes: 33_554_432, maxUncommitted: 100_000 },
        timeouts: { handlerMs: 300_000, slowMs: 1000, sessionMs: 30_000, heartbeatMs: 3000, rebalanceMs: 60_000 },
        instanceId: null,
        retry: {
          maxRetries: 3,
          baseDelayMs: 1000,
          maxDelayMs: 60_000,
          jitter: 0.1,
          never: ['ValidationError'],
          onExhausted: 'dlq',
        },
        dlq: { enabled: true, onError: 'block', onDisabled: 'block', maxReplays: 3 },
        commit: { intervalMs: 1000, everyRecords: 500 },
        dedupe: null,
        offsets: null,
        schemas: anyEvents,
      },
    ],
  });
});
