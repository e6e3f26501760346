// What is planned is refused by name, so that nobody believes it works: never ignored, never called unknown.

import { afterAll, expect, test } from 'vitest';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);

const ofProcess = [
  'include: [./x.yaml]',
  ...['topics', 'admin', 'reload', 'k8s'].map((key) => `${key}: {}`),
  'kafka: { security: {} }',
  'schemas: { registry: {} }',
  'schemas: { format: json }',
  'kafka: { reconnect: {} }',
  ...['metrics', 'tracing', 'alerts'].map((key) => `observability: { ${key}: {} }`),
  'observability: { logs: { redact: [] } }',
];

const inherited = [
  'delivery: exactly-once',
  'concurrency: { adaptive: false }',
  'batch: { maxRecords: 500 }',
  'timeouts: { preset: patient }',
  'retry: { mode: topic }',
  'retry: { maxAge: 1h }',
  'retry: { byError: {} }',
  'retry: { tiers: [] }',
  'dlq: { headers: native }',
  'dlq: { stack: false }',
  'commit: { metadata: offsets }',
  'middleware: []',
  'processes: 1',
  'priority: 5',
];

const ofGroup = [
  'topicPattern: "orders.*"',
  'rateLimit: {}',
  'circuitBreaker: {}',
  'filter: {}',
  'delay: 0s',
  'schedule: {}',
  'state: {}',
  'tables: {}',
  'handlers: [{ module: ../handlers/a.ts, retry: { maxRetries: 0 } }]',
];

/** `retry: { mode: topic }` is about `retry.mode`. */
const pathOf = (line: string) => (line.match(/[A-Za-z0-9]+(?=:)/g) ?? []).slice(0, line.split('{ ').length).join('.');

test.each(ofProcess)('%s', (line) => {
  const [only, ...rest] = project.problemsOf(`${line}\n${groupWith()}`);
  expect(only).toMatchObject({ path: pathOf(line), message: 'not supported yet (planned); remove the key' });
  expect(rest).toEqual([]);
});

test.each(inherited)('defaults: %s', (line) => {
  const problems = project.problemsOf(`defaults: { ${line} }\n${groupWith()}`);
  expect(problems).toMatchObject([
    { path: `defaults.${pathOf(line)}`, message: expect.stringContaining('not supported yet') },
  ]);
});

test.each([...inherited, ...ofGroup])('group: %s', (line) => {
  const problems = project.problemsOf(groupWith(line));
  const path = line.startsWith('handlers') ? 'handlers[0].retry' : pathOf(line);
  expect(problems).toMatchObject([{ path: `groups.g.${path}`, message: expect.stringContaining('not supported yet') }]);
});

test.each([
  ['from: timestamp', 'from'],
  ['from: duration', 'from'],
  ['from: 24h', 'from'],
  ['from: 2026-01-01T00:00:00Z', 'from'],
  ['protocol: share', 'protocol'],
  ['format: avro', 'format'],
  ['format: protobuf', 'format'],
  ['format: raw', 'format'],
  ['retry: { onExhausted: skip }', 'retry.onExhausted'],
  ['retry: { onExhausted: module }', 'retry.onExhausted'],
  ['retry: { onExhausted: ./give-up.ts }', 'retry.onExhausted'],
])('the value of %s', (line, path) => {
  const problems = project.problemsOf(groupWith(line));
  expect(problems).toMatchObject([
    { path: `groups.g.${path}`, message: expect.stringContaining('is not supported yet') },
  ]);
});
