import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createProject, groupWith, refused } from './project.ts';

const project = createProject();
afterAll(project.remove);
const { load, loadText, problemsOf, write } = project;
const firstGroup = (text: string, options = {}) => loadText(text, options).groups[0]!;

test('the value is frozen and can be cloned into a thread', () => {
  const settings = loadText(groupWith('concurrency: { keyFrom: "$.customer.ids[0]" }'));
  expect(structuredClone(settings)).toEqual(settings);
  expect(Object.isFrozen(settings)).toBe(true);
  expect(Object.isFrozen(settings.groups[0]?.retry.never)).toBe(true);
  expect(Object.isFrozen(settings.groups[0]?.concurrency.keyFrom)).toBe(true);
});

describe('a group', () => {
  test('inherits from `defaults` key by key, and replaces lists as a whole', () => {
    const defaults = 'defaults: { retry: { maxRetries: 9, jitter: 0.5, never: [A, B] }, from: latest }\n';
    const group = firstGroup(defaults + groupWith('retry: { maxRetries: 1, never: [] }'));
    expect(group.retry).toMatchObject({ maxRetries: 1, jitter: 0.5, never: [], baseDelayMs: 1000 });
    expect(group.from).toBe('latest');
  });

  test('may take what an anchor holds, and what is written beside it wins', () => {
    const text = `defaults:\n  retry: &patient { maxRetries: 7, jitter: 0.3 }\n${groupWith('retry: { <<: *patient, jitter: 0 }')}`;
    expect(firstGroup(text).retry).toMatchObject({ maxRetries: 7, jitter: 0 });
  });

  test('reads literal topics, each with its own dead letter topic', () => {
    expect(firstGroup(groupWith('topics: [orders, a.b]', 'dlq: { suffix: -dead }')).topics).toEqual([
      { name: 'orders', dlqTopic: 'orders-dead' },
      { name: 'a.b', dlqTopic: 'a.b-dead' },
    ]);
  });

  test('may have one dead letter topic for all, or none', () => {
    const shared = firstGroup(groupWith('topics: [a, b]', 'dlq: { topic: dead }')).topics;
    expect(shared.map((topic) => topic.dlqTopic)).toEqual(['dead', 'dead']);
    expect(firstGroup(groupWith('dlq: { enabled: false }')).topics).toEqual([
      { name: 'orders.stream', dlqTopic: null },
    ]);
  });

  test('lists handlers in order; "*" and no events at all both mean every type', () => {
    write('handlers/c.mjs', '');
    const entries =
      '[../handlers/b.ts, { module: ../handlers/a.ts, events: [X] }, { module: ../handlers/c.mjs, events: ["*"] }]';
    expect(firstGroup(groupWith(`handlers: ${entries}`)).handlers).toEqual([
      { file: join(project.folder, 'handlers/b.ts'), events: null },
      { file: join(project.folder, 'handlers/a.ts'), events: ['X'] },
      { file: join(project.folder, 'handlers/c.mjs'), events: null },
    ]);
  });

  test.each([
    ['key', { kind: 'key' }],
    ['header:tenant id', { kind: 'header', name: 'tenant id' }],
    ['$.customer.id', { kind: 'path', path: ['customer', 'id'] }],
    ['$.items[0].a-b_1', { kind: 'path', path: ['items', '0', 'a-b_1'] }],
  ])('takes its keys from %s', (text, source) => {
    expect(firstGroup(groupWith(`concurrency: { keyFrom: "${text}" }`)).concurrency.keyFrom).toEqual(source);
  });

  test('has a thread per CPU, never more than handlers, and only the main thread with execution: inline', () => {
    expect(firstGroup(groupWith(), { cpus: 8 }).concurrency.workers).toBe(8);
    expect(firstGroup(groupWith('concurrency: { max: 3 }'), { cpus: 8 }).concurrency.workers).toBe(3);
    expect(firstGroup(groupWith('concurrency: { workers: 5 }'), { cpus: 8 }).concurrency.workers).toBe(5);
    expect(firstGroup(groupWith('execution: inline'), { cpus: 8 }).concurrency.workers).toBe(1);
  });
});

describe('brokers', () => {
  const brokersOf = (line: string, env = {}) => loadText(`kafka: { ${line} }\n${groupWith()}`, { env }).kafka.brokers;

  test.each([
    [
      'brokers: "a:1,b:2"',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    ],
    ['brokers: "a:1 , a:1"', [{ host: 'a', port: 1 }]],
    [
      'brokers: ["[::1]:9092", "10.0.0.1:65535"]',
      [
        { host: '::1', port: 9092 },
        { host: '10.0.0.1', port: 65_535 },
      ],
    ],
    ['brokers: embedded', 'embedded'],
  ])('%s', (line, brokers) => {
    expect(brokersOf(line)).toEqual(brokers);
  });

  test('come from KAFKA_BROKERS when the manifest says nothing', () => {
    expect(brokersOf('', { KAFKA_BROKERS: 'k:9092' })).toEqual([{ host: 'k', port: 9092 }]);
    expect(brokersOf('brokers: a:1', { KAFKA_BROKERS: 'k:9092' })).toEqual([{ host: 'a', port: 1 }]);
    expect(brokersOf('', { KAFKA_BROKERS: '' })).toBe('embedded');
  });

  test.each(['localhost', 'a:0', 'a:65536', 'PLAINTEXT://a:1', 'a:1,,b:2', 'a:1,embedded', '::1:9092', 'a:1;b:2'])(
    '%j is refused',
    (text) => {
      const [only] = problemsOf(`kafka: { brokers: "${text}" }\n${groupWith()}`);
      expect(only).toMatchObject({ line: 1, col: 19, path: 'kafka.brokers' });
      expect(only?.message).toContain('want host:port');
    },
  );

  test('a wrong KAFKA_BROKERS is named and its value is not shown', () => {
    const [only] = problemsOf(groupWith(), { env: { KAFKA_BROKERS: 'user:hunter2@host' } });
    expect(only?.message).toContain('KAFKA_BROKERS');
    expect(only?.message).not.toContain('hunter2');
  });

  test('the embedded broker is refused in production', () => {
    const [only] = problemsOf(groupWith(), { env: { NODE_ENV: 'production' } });
    expect(only).toMatchObject({ path: 'kafka.brokers' });
    expect(only?.message).toContain('NODE_ENV is production');
    expect(loadText(groupWith(), { env: { NODE_ENV: 'production', KAFKA_BROKERS: 'k:1' } }).kafka.client).toBe(
      'kafkajs',
    );
  });
});

test('the client id is the one written, else HOSTNAME, else made of the host name', () => {
  const clientId = (text: string, env = {}) => loadText(text, { env }).kafka.clientId;
  expect(clientId(`kafka: { clientId: me }\n${groupWith()}`, { HOSTNAME: 'pod-1' })).toBe('me');
  expect(clientId(groupWith(), { HOSTNAME: 'pod-1' })).toBe('pod-1');
  expect(clientId(groupWith())).toBe('box-80000000');
});

test('the other client library', () => {
  expect(loadText(`kafka: { client: platformatic }\n${groupWith()}`).kafka.client).toBe('platformatic');
  expect(problemsOf(`kafka: { client: librdkafka }\n${groupWith()}`)).toMatchObject([{ path: 'kafka.client' }]);
});

test('acks 1 needs the producer not to be idempotent', () => {
  const text = (producer: string) => `producer: ${producer}\n${groupWith()}`;
  expect(loadText(text('{ acks: 1, idempotent: false }')).producer.acks).toBe(1);
  expect(loadText(text('{ acks: 0, idempotent: false }')).producer.acks).toBe(0);
  expect(problemsOf(text('{ acks: 1 }'))).toMatchObject([{ line: 1, col: 19, path: 'producer.acks' }]);
});

describe('several files', () => {
  const group = (name: string) => `groups:\n  ${name}: { topicPrefix: orders, handlers: ../handlers/a.ts }\n`;

  test('put their groups side by side; `defaults` stay in their file', () => {
    write('manifests/one.yaml', `defaults: { from: latest }\n${group('one')}`);
    write('manifests/two.yaml', group('two'));
    const settings = load(['manifests/one.yaml', 'manifests/two.yaml']);
    expect(settings.groups.map(({ name, from }) => [name, from])).toEqual([
      ['one', 'latest'],
      ['two', 'earliest'],
    ]);
  });

  test('join what they say about the process', () => {
    write('manifests/one.yaml', `kafka: { brokers: a:1, clientId: x }\n${group('one')}`);
    write('manifests/shared.yaml', 'kafka: { clientId: x, requestTimeout: 5s }\nshutdown: { timeout: 2s }\n');
    const settings = load(['manifests/one.yaml', 'manifests/shared.yaml']);
    expect(settings.kafka).toMatchObject({ clientId: 'x', requestTimeoutMs: 5000, brokers: [{ host: 'a', port: 1 }] });
    expect(settings.shutdown.timeoutMs).toBe(2000);
  });

  test('must not contradict one another; both places are named', () => {
    write('manifests/one.yaml', `kafka: { clientId: x }\n${group('one')}`);
    write('manifests/two.yaml', `kafka: { clientId: y }\n${group('one')}`);
    expect(refused(() => load(['manifests/one.yaml', 'manifests/two.yaml']))).toEqual([
      {
        file: 'manifests/two.yaml',
        line: 1,
        col: 10,
        path: 'kafka.clientId',
        message:
          'differs from manifests/one.yaml:1:10 (got "y", want the same value in both files, or the key in one of them)',
      },
      {
        file: 'manifests/two.yaml',
        line: 3,
        col: 3,
        path: 'groups.one',
        message: 'a group of this name is already at manifests/one.yaml:3:3 (want another name)',
      },
    ]);
  });

  test('report the problems of all files, in the order given', () => {
    write('manifests/one.yaml', 'grups: {}\n');
    write('manifests/two.yaml', `kafka: { client: 5 }\n${group('two')}`);
    const problems = refused(() => load(['manifests/two.yaml', 'manifests/one.yaml', 'manifests/none.yaml']));
    expect(problems.map(({ file, path }) => [file, path])).toEqual([
      ['manifests/two.yaml', 'kafka.client'],
      ['manifests/one.yaml', 'grups'],
      ['manifests/none.yaml', ''],
    ]);
  });
});
