// Every row of the table "bad input, manifest": M1 to M22. Each input is refused with a message that tells the user
// what to do, or, where the table says so, accepted.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeFiles } from '../../../runtime/manifest/files.ts';
import { createProject, groupWith, refused } from './project.ts';

const project = createProject();
afterAll(project.remove);
const { load, loadText, problemsOf, write } = project;

/** `file:line:col path: message` of each problem, without the file's name. */
const linesOf = (text: string | Uint8Array, options = {}) =>
  problemsOf(text, options).map(({ line, col, path, message }) => `${line}:${col} ${path}: ${message}`);

/** [what, text, what each problem must contain, in order] */
type Row = readonly [string, string | Uint8Array, ...string[]];

function refuses(rows: readonly Row[], options = {}): void {
  test.each(rows)('%s', (_what, text, ...expected) => {
    const lines = linesOf(text, options);
    expect(lines).toHaveLength(expected.length);
    for (const [index, part] of expected.entries()) expect(lines[index]).toContain(part);
  });
}

const bomb = `${Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`)}]`).join('\n')}\n`;

describe('M1 alias bombs', () => {
  test('are refused where they grow too large', () => {
    expect(linesOf(bomb).some((line) => line.includes('too many values, counting what aliases repeat'))).toBe(true);
  });
  test('many aliases of a small thing are no bomb', () => {
    const groups = Array.from({ length: 200 }, (_, i) => `  g${i}: *g`).join('\n');
    const text = `groups:\n  first: &g { topicPrefix: a, handlers: ../handlers/a.ts }\n${groups}\n`;
    expect(loadText(text).groups).toHaveLength(201);
  });
});

describe('M2 cyclic aliases', () =>
  refuses([
    ['of a map', 'groups: &x\n  g: *x\n', '2:6 groups.g: a cyclic alias: *x stands inside &x'],
    ['of a list', 'groups: &x [*x]\n', '1:13 groups[0]: a cyclic alias'],
    ['under a merge', 'groups: &x\n  <<: *x\n', '2:7 groups["<<"]: a cyclic alias'],
    ['an alias without anchor', 'groups: *x\n', '1:9 groups: no anchor &x before this alias'],
  ]));

describe('M3 duplicate keys', () =>
  refuses([
    ['two lines are named', `version: 1\n${groupWith()}version: 1\n`, 'first on line 1, again on line 6'],
    ['inside a group', groupWith('from: latest', 'from: earliest'), '6:5 groups.g.from: the key is given twice'],
    ['in quotes', 'version: 1\n"version": 1\n', '2:1 version: the key is given twice'],
    [
      'a group',
      'groups:\n  g: {}\n  g: {}\n',
      '3:3 groups.g: the key is given twice: first on line 2, again on line 3',
    ],
  ]));

describe('M4 unknown keys', () =>
  refuses([
    ['in a group', groupWith('retrys: {}'), '5:5 groups.g.retrys: unknown key; did you mean retry?'],
    ['swapped letters', groupWith('conucrrency: {}'), 'did you mean concurrency?'],
    ['another case', groupWith('topicprefix: x'), 'did you mean topicPrefix?'],
    ['nothing near', groupWith('zzz: {}'), '5:5 groups.g.zzz: unknown key (want topicPrefix, topics, handlers'],
    ['two at once', groupWith('retry: { max: 1, jiter: 0 }'), 'retry.max: unknown key', 'did you mean jitter?'],
    ['in a handler', groupWith('handlers: [{ module: ../handlers/a.ts, event: [x] }]'), 'did you mean events?'],
    ['empty', '"": 1\n', '1:1 [""]: unknown key', 'no groups'],
  ]));

describe('M5 wrong types and ranges', () =>
  refuses([
    [
      'text',
      groupWith('retry: { maxRetries: "3" }'),
      '5:26 groups.g.retry.maxRetries: a text, not a number; remove the quotes (got "3", want an integer from -1 to 1000000)',
    ],
    ['true', groupWith('retry: { maxRetries: true }'), 'not an integer (got true, want an integer'],
    ['a fraction', groupWith('retry: { maxRetries: 1.5 }'), 'not an integer (got 1.5'],
    ['too small', groupWith('retry: { maxRetries: -2 }'), 'too small (got -2'],
    ['too large', groupWith('retry: { maxRetries: 1.0e+9 }'), 'too large (got 1000000000'],
    ['a map', groupWith('retry: { maxRetries: {} }'), 'not an integer (got a map'],
    ['nothing', groupWith('retry:'), 'groups.g.retry: not a map (got nothing, want a map with maxRetries'],
    ['no number at all', groupWith('retry: { jitter: .nan }'), 'not a number (got NaN, want a number from 0 to 1)'],
    ['infinity', groupWith('retry: { jitter: .inf }'), 'not a number (got Infinity'],
    [
      'a duration without unit',
      groupWith('timeouts: { handler: 30 }'),
      'a number without a unit, not a duration (got 30, want a duration from 1ms to 24h',
    ],
    ['an unknown unit', groupWith('timeouts: { handler: 5min }'), 'not a duration (got "5min", want'],
    ['too short', groupWith('timeouts: { session: 5s }'), 'too short (got "5s", want a duration from 6s to 30m'],
    ['a size without unit', groupWith('buffer: { maxBytes: 1000 }'), 'a number without a unit, not a size'],
    [
      'too large a size',
      groupWith('batch: { maxBytes: 1GiB }'),
      'too large (got "1GiB", want a size from 1KiB to 512MiB',
    ],
    ['an empty list', groupWith('handlers: []'), 'groups.g.handlers: empty (got an empty list'],
    ['an element', groupWith('handlers: [5]'), 'groups.g.handlers[0]: not a text or a map (got 5'],
    ['no module', groupWith('handlers: [{ events: [a] }]'), 'groups.g.handlers[0].module: missing'],
    [
      'a word that is near',
      groupWith('from: earlyest'),
      'not an accepted value; did you mean earliest? (got "earlyest", want earliest, latest or fail)',
    ],
    ['the same error twice', groupWith('retry: { never: [A, A] }'), 'listed twice'],
    ['a group that is no map', 'groups:\n  g: 5\n', 'groups.g: not a map (got 5'],
    ['nothing required', 'groups:\n  g: {}\n', '2:3 groups.g.handlers: missing'],
    [
      'no topic',
      'groups:\n  g: { handlers: ../handlers/a.ts }\n',
      '2:6 groups.g: which topics to read is not clear (got neither, want topicPrefix or topics)',
    ],
  ]));

test('M5 a prefix and literal topics together', () => {
  const text = 'groups:\n  g:\n    topicPrefix: x\n    topics: [y]\n    handlers: ../handlers/a.ts\n';
  expect(linesOf(text)).toEqual([
    '4:13 groups.g.topics: which topics to read is not clear (got both, want topicPrefix or topics)',
  ]);
});

describe('M6 unknown tags', () =>
  refuses([
    ['a function', 'version: !!js/function "() => 1"\n', '1:10'],
    ['binary', 'version: !!binary aGk=\n', '1:19 version: unknown tag (got !!binary'],
    ['a set', 'groups: !!set { a }\n', 'groups: unknown tag (got !!set'],
    ['a local tag', 'groups: !env { a: 1 }\n', '1:9'],
    ['another version of YAML', '%YAML 1.1\n---\nversion: 1\n', 'another version of YAML (got 1.1, want 1.2)'],
  ]));

describe('M7 numbers that would be rounded', () =>
  refuses([
    ['2^53', groupWith('retry: { maxRetries: 9007199254740992 }'), 'a number that cannot be kept exactly'],
    ['2^53 + 1', groupWith('retry: { maxRetries: 9007199254740993 }'), 'want a number up to 9007199254740991'],
  ]));

describe('M8 secrets and unset variables', () => {
  const env = { SECRET: 'hunter2', EMPTY: '', LEVEL: 'loud' };
  refuses(
    [
      [
        'unset',
        groupWith('from: ${FROM}'),
        '5:11 groups.g.from: ${FROM} is not set; set the variable FROM, or write ${FROM:-default}',
      ],
      ['empty', groupWith('from: ${EMPTY}'), 'groups.g.from: ${EMPTY} is empty;'],
      [
        'own message',
        groupWith('from: ${FROM:?choose a place to start}'),
        '${FROM} is not set: choose a place to start',
      ],
      ['a name of the language', groupWith('from: ${constructor}'), '${constructor} is not set'],
      [
        'the value is not shown',
        `observability: { logs: { level: "\${LEVEL}" } }\n${groupWith()}`,
        'got the value of ${LEVEL}, want trace',
      ],
      ['half of the value', groupWith('from: x-${SECRET}'), 'got the value of ${SECRET}, want earliest'],
      ['not closed', groupWith('from: "${FROM"'), 'not closed with } (got "${FROM"'],
      ['nested', groupWith('from: "${FROM:-${SECRET}}"'), 'not a substitution (got'],
      ['no name', groupWith('from: "${}"'), 'not a substitution'],
      ['no file', groupWith('from: "${file:nowhere}"'), '${file:nowhere}: no such file'],
    ],
    { env },
  );
  test('no message shows a value, wherever a secret stands', () => {
    const secret = 'S3CR3T-4711';
    const texts = [
      `kafka: { brokers: "\${PASSWORD}", security: { sasl: { password: "\${PASSWORD}" } } }\n${groupWith()}`,
      `kafka: { password: ${secret}, brokers: 5 }\n${groupWith()}`,
      groupWith('timeouts: { session: "${PASSWORD}" }', 'from: "${PASSWORD}"', 'topics: ["${PASSWORD}"]'),
      groupWith(`handlers: [{ module: ../handlers/a.ts, secret: ${secret} }]`),
      `kafka: { password: "${secret}\n`,
      `kafka: { password: ${secret}: ${secret} }\n`,
      `password: ${secret}\n  oops: ${secret}\n`,
      `kafka: { clientId: "\${PASSWORD}", maxResponseBytes: "\${MISSING}" }\n${groupWith()}`,
    ];
    for (const text of texts) {
      const lines = linesOf(text, { env: { PASSWORD: secret } });
      expect(lines.join('\n')).not.toContain(secret);
    }
  });
});

describe('M9 values with the characters of YAML', () => {
  test.each(['a\nb: c', 'a: b', '"', "'", '# no', '[x', '{y', '*z', '- a\n- b'])('%j stays one text', (value) => {
    const settings = loadText(`kafka: { clientId: "\${ID}" }\n${groupWith()}`, { env: { ID: value } });
    expect(settings.kafka.clientId).toBe(value);
  });
  test('cannot add keys', () => {
    const lines = linesOf(groupWith('from: ${FROM}'), { env: { FROM: 'latest\n    execution: inline' } });
    expect(lines).toHaveLength(1);
  });
});

describe('M10 handlers outside the project', () => {
  beforeAll(() => {
    symlinkSync('/etc/passwd', join(project.folder, 'handlers/link.ts'));
    symlinkSync('/etc', join(project.folder, 'handlers/etc'));
    mkdirSync(join(project.folder, 'handlers/folder.ts'), { recursive: true });
    write('handlers/text.txt', '');
  });
  test.each([
    ['../../../../../../../../etc/passwd', 'outside the project'],
    ['../../nowhere.ts', 'outside the project'],
    ['/etc/passwd', 'outside the project'],
    ['../handlers/link.ts', 'outside the project'],
    ['../handlers/etc/passwd', 'outside the project'],
    ['file:///etc/passwd', 'a URL or a built-in module'],
    ['"data:text/javascript,1"', 'a URL or a built-in module'],
    ['node:child_process', 'a URL or a built-in module'],
    ['https://example.com/a.ts', 'a URL or a built-in module'],
  ])('%s', (path, message) => {
    const [only, ...rest] = linesOf(groupWith(`handlers: ${path}`));
    expect(only).toContain(`4:15 groups.g.handlers: ${message}`);
    expect(rest).toEqual([]);
  });
  test('a folder whose name starts with two dots is inside', () => {
    write('..handlers/a.ts', '');
    expect(loadText(groupWith('handlers: ../..handlers/a.ts')).groups).toHaveLength(1);
  });
  test('an absolute path into the project is inside', () => {
    expect(loadText(groupWith(`handlers: ${project.folder}/handlers/a.ts`)).groups).toHaveLength(1);
  });
});

describe('M11 handler files (loading them is the worker’s part)', () => {
  test.each([
    ['../handlers/none.ts', 'no such file'],
    ['../handlers/a.ts/b.ts', 'no such file: a part of the path is not a folder'],
    ['../handlers/folder.ts', 'not a file'],
    ['../handlers/text.txt', 'its name must end in .ts, .js or .mjs'],
    ['"../handlers/a\\0.ts"', 'a path cannot contain the character NUL'],
    ['lodash', 'no such file'],
  ])('%s', (path, message) => {
    expect(linesOf(groupWith(`handlers: [../handlers/b.ts, ${path}]`))).toEqual([expect.stringContaining(message)]);
  });
  test('a missing file is told together with the other mistakes of its group', () => {
    expect(linesOf(groupWith('handlers: ../handlers/none.ts', 'retrys: 3', 'from: x'))).toEqual([
      expect.stringContaining('4:15 groups.g.handlers: no such file'),
      expect.stringContaining('groups.g.retrys: unknown key'),
      expect.stringContaining('groups.g.from: not an accepted value'),
    ]);
    const defaults = `defaults: { from: x }\n${groupWith('handlers: [../handlers/none.ts]')}`;
    expect(linesOf(defaults)).toEqual([
      expect.stringContaining('defaults.from'),
      expect.stringContaining('groups.g.handlers[0]: no such file'),
    ]);
  });
  test('not readable', () => {
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    const checkReadable = (): never => {
      throw denied;
    };
    const lines = linesOf(groupWith(), { files: { ...nodeFiles, checkReadable } });
    expect(lines).toEqual([expect.stringContaining('groups.g.handlers: no permission to read it')]);
  });
});

describe('M12 files that are no manifest', () => {
  refuses([
    ['empty', '', '1:1 : no groups (got an empty file'],
    ['comments', '# nothing\n\n# here\n', 'no groups'],
    ['null', 'null\n', 'no groups'],
    ['only a marker', '---\n', 'no groups'],
    ['a list', '- a\n', '1:1 : not a map (got a list'],
    ['a text', 'hello\n', '1:1 : not a map (got "hello"'],
    ['two documents', `${groupWith()}---\n${groupWith()}`, 'a second document'],
    ['a tab', 'groups:\n\tg: {}\n', '2:1 : a tab is used to indent'],
    ['no groups', 'groups: {}\n', '1:9 groups: no groups (got an empty map'],
    ['no groups key', 'version: 1\n', 'groups: no groups (got nothing'],
  ]);
  test.each([
    ['5 MB', '# '.repeat(2_500_000), '5000000 bytes long; 131072 are allowed'],
    ['invalid UTF-8', new Uint8Array([0x61, 0x3a, 0xff, 0x0a]), 'not a text in UTF-8'],
    ['NUL', 'groups: "\0"', 'not a text: it contains the character NUL'],
  ])('%s', (_what, text, message) => {
    expect(problemsOf(text)).toEqual([{ file: 'manifests/test.yaml', line: 0, col: 0, path: '', message }]);
  });
  test('a byte order mark and Windows line ends are fine, and do not move positions', () => {
    const text = `\uFEFF${groupWith().replaceAll('\n', '\r\n')}`;
    expect(loadText(text).groups[0]?.topics[0]?.name).toBe('orders.stream');
    expect(linesOf(`\uFEFFfoo: 1\r\n${groupWith('bar: 1')}`)).toEqual([
      expect.stringMatching(/^1:1 foo: /),
      expect.stringMatching(/^6:5 groups\.g\.bar: /),
    ]);
  });
});

describe('M13 nesting', () => {
  test.each([65, 2_000, 20_000])('%i levels of lists are refused', (levels) => {
    expect(linesOf(`groups: ${'['.repeat(levels)}${']'.repeat(levels)}\n`)).toEqual([
      expect.stringContaining('nested too deep'),
    ]);
  });
  test.each([
    ['maps', '{a: '.repeat(20_000)],
    ['lists in a block', `${'- '.repeat(20_000)}a`],
    ['maps in a block', Array.from({ length: 450 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('deep %s are refused', (_what, text) => {
    expect(linesOf(text)).toEqual([expect.stringContaining('nested too deep')]);
  });
  test('aliases cannot nest deeper than text', () => {
    const lines = Array.from({ length: 70 }, (_, i) => `a${i}: &a${i} [${i === 0 ? '' : `*a${i - 1}`}]`);
    expect(linesOf(`${lines.join('\n')}\n`).some((line) => line.includes('nested too deep'))).toBe(true);
  });
});

describe('M14 names of prototypes', () => {
  const names = ['__proto__', 'constructor', 'prototype'];
  test.each(
    names.flatMap((name) => [
      [name, `${name}: { polluted: 1 }\n${groupWith()}`],
      [name, `groups:\n  ${name}: { topicPrefix: a, handlers: ../handlers/a.ts }\n`],
      [name, groupWith(`"${name}": { polluted: 1 }`)],
      [name, groupWith(`retry: { ${name}: { polluted: 1 } }`)],
      [name, groupWith(`<<: { ${name}: { polluted: 1 } }`)],
      [name, groupWith(`retry: { <<: [{ jitter: 0 }, { ${name}: 1 }] }`)],
    ]),
  )('%s is an unknown key (%j)', (name, text) => {
    const lines = linesOf(text);
    expect(lines[0]).toContain(`${name}: unknown key`);
    expect('polluted' in {}).toBe(false);
  });
});

describe('M15 the same thing twice in a group', () => {
  beforeAll(() => symlinkSync('a.ts', join(project.folder, 'handlers/same.ts')));
  refuses([
    ['a topic', groupWith('topics: [a, b, a]'), '4:20 groups.g.topics[2]: the same topic twice in one group (got "a")'],
    [
      'a module',
      groupWith('handlers: [../handlers/a.ts, ../handlers/../handlers/a.ts]'),
      'groups.g.handlers[1]: the same module twice',
    ],
    [
      'a module by a link',
      groupWith('handlers: [../handlers/a.ts, { module: ../handlers/same.ts }]'),
      'groups.g.handlers[1].module: the same module twice',
    ],
  ]);
});

describe('M16 topic prefixes', () => {
  test.each(['', '.', '..', 'x'.repeat(250), 'a b', '*', 'a.b+', '^a', 'a/b', 'ä', 'a\n'])(
    '%j is refused',
    (prefix) => {
      const lines = linesOf(groupWith(`topicPrefix: ${JSON.stringify(prefix)}`));
      expect(lines).toEqual([expect.stringMatching(/^4:18 groups\.g\.topicPrefix: .*want a name of 1 to 249 letters/)]);
    },
  );
  test('a prefix is taken literally', () => {
    expect(loadText(groupWith('topicPrefix: a.b')).groups[0]?.topics[0]?.name).toBe('a.b.stream');
  });
  test('the whole name counts', () => {
    const lines = linesOf(groupWith(`topicPrefix: ${'x'.repeat(240)}`));
    expect(lines).toEqual([expect.stringContaining('becomes too long (got 251 characters')]);
    const settings = loadText(groupWith(`topicPrefix: ${'x'.repeat(240)}`, 'dlq: { enabled: false }'));
    expect(settings.groups[0]?.topics[0]?.name).toHaveLength(247);
  });
});

describe('M17 a group that reads its own dead letters', () =>
  refuses([
    [
      'by suffix',
      groupWith('topics: [a, a.dlq]'),
      '4:17 groups.g.topics[1]: dead letters of a would be read again by the same group',
    ],
    [
      'by name',
      groupWith('topics: [a, dead]', 'dlq: { topic: dead }'),
      '5:19 groups.g.dlq.topic: dead letters of a',
      'dead letters of dead',
    ],
    [
      'the source itself',
      groupWith('dlq: { topic: orders.stream }'),
      'groups.g.dlq.topic: dead letters of orders.stream',
    ],
    [
      'from defaults',
      `defaults: { dlq: { topic: orders.stream } }\n${groupWith()}`,
      '1:27 groups.g.dlq.topic: dead letters',
    ],
  ]));
test('M17 without a dead letter topic there is no loop', () => {
  expect(loadText(groupWith('topics: [a, a.dlq]', 'dlq: { enabled: false }')).groups).toHaveLength(1);
});

describe('M18 topics of Kafka itself', () =>
  refuses([
    ['offsets', groupWith('topics: [__consumer_offsets]'), "one of Kafka's own topics"],
    ['transactions', groupWith('topics: [a, __transaction_state]'), 'groups.g.topics[1]: one of'],
  ]));

describe('M19 rules', () =>
  refuses([
    ['no handlers at once', groupWith('concurrency: { max: 0 }'), 'too small (got 0, want an integer from 1 to 10000)'],
    ['too many', groupWith('concurrency: { max: 1000000 }'), 'too large'],
    [
      'no threads',
      groupWith('concurrency: { workers: 0 }'),
      'too small (got 0, want an integer from 1 to 256, or auto)',
    ],
    [
      'more threads than handlers',
      groupWith('concurrency: { workers: 9, max: 8 }'),
      'concurrency.workers must be at most concurrency.max (got 9 and 8)',
    ],
    ['an empty batch', groupWith('batch: { minBytes: 0 }'), 'too small (got 0'],
    [
      'minBytes above maxBytes',
      groupWith('batch: { minBytes: 2MiB, maxBytes: 1MiB }'),
      'batch.minBytes must be at most batch.maxBytes (got 2MiB and 1MiB)',
    ],
    ['a session too short for brokers', groupWith('timeouts: { session: 5999ms }'), 'too short'],
    ['a session too long for brokers', groupWith('timeouts: { session: 31m }'), 'too long'],
    [
      'heartbeat as long as the session',
      groupWith('timeouts: { session: 10s, heartbeat: 10s }'),
      '5:42 groups.g.timeouts.heartbeat: timeouts.heartbeat must be below timeouts.session (got 10s and 10s)',
    ],
    [
      'shutdown',
      `shutdown: { timeout: 61m }\n${groupWith()}`,
      '1:22 shutdown.timeout: too long (got "61m", want a duration from 100ms to 1h',
    ],
    [
      'delays',
      groupWith('retry: { maxDelay: 500ms }'),
      '5:24 groups.g.retry.maxDelay: retry.baseDelay must be at most retry.maxDelay (got 1s and 500ms)',
    ],
    [
      'threads of no pool',
      groupWith('execution: inline', 'concurrency: { workers: 4 }'),
      'execution: inline has no threads (got 4',
    ],
    [
      'the heap of no thread',
      groupWith('execution: inline', 'concurrency: { maxHeap: 64MiB }'),
      'groups.g.concurrency.maxHeap: execution: inline has no threads (got "64MiB"',
    ],
    [
      'keys of one order that are to run side by side',
      groupWith('concurrency: { order: partition, split: workers }'),
      'groups.g.concurrency.split: split: workers runs the keys of a partition beside one another, and order: partition ' +
        'allows no two (got order: partition, want order: key or none, or split: none)',
    ],
    [
      'a partition shared by no threads',
      groupWith('execution: inline', 'concurrency: { split: workers }'),
      'groups.g.concurrency.split: execution: inline has no threads (got "workers", want execution: pool, or no split)',
    ],
    ['a heap that is too small', groupWith('concurrency: { maxHeap: 1MiB }'), 'groups.g.concurrency.maxHeap: '],
    [
      'patience without end',
      `observability: { health: { stalledFor: 1ms } }\n${groupWith()}`,
      'observability.health.stalledFor: ',
    ],
    [
      'a fetch longer than a response',
      `kafka: { maxResponseBytes: 8MiB }\n${groupWith()}`,
      'batch.maxBytes must be below kafka.maxResponseBytes (got 8MiB and 8MiB)',
    ],
    [
      'a fetch that waits longer than a request',
      `kafka: { requestTimeout: 500ms }\n${groupWith()}`,
      'batch.maxWait must be below kafka.requestTimeout',
    ],
    [
      'the value of a variable is not shown',
      groupWith('timeouts: { heartbeat: "${H:-40s}", rebalance: 10m }'),
      'got the value of ${H} and 30s',
    ],
  ]));
test('M19 a rule that a default breaks points at what was written', () => {
  expect(linesOf(groupWith('timeouts: { rebalance: 5s }'))).toEqual([
    '5:28 groups.g.timeouts.rebalance: timeouts.rebalance must be more than twice timeouts.heartbeat (got 5s and 3s)',
  ]);
  expect(
    linesOf(`defaults: { timeouts: { session: 6s, heartbeat: 5s } }\n${groupWith('timeouts: { rebalance: 10s }')}`),
  ).toEqual([expect.stringContaining('6:28 groups.g.timeouts.rebalance')]);
});

describe('M20 paths that are no file', () => {
  beforeAll(() => {
    symlinkSync('loop.yaml', join(project.folder, 'loop.yaml'));
    symlinkSync('manifests/test.yaml', join(project.folder, 'alias.yaml'));
    execFileSync('mkfifo', [join(project.folder, 'pipe.yaml')]);
    write('manifests/test.yaml', groupWith());
  });
  test.each([
    ['a folder', ['manifests'], 'it is a folder'],
    ['missing', ['none.yaml'], 'no such file'],
    ['below a file', ['package.json/x.yaml'], 'no such file: a part of the path is not a folder'],
    ['a pipe', ['pipe.yaml'], 'not a regular file'],
    ['a link in circles', ['loop.yaml'], 'a link that leads in circles'],
    ['NUL', ['a\0b'], 'a path cannot contain the character NUL'],
  ])('%s', (_what, paths, message) => {
    expect(refused(() => load(paths))).toEqual([{ file: paths[0], line: 0, col: 0, path: '', message }]);
  });
  test('unreadable', () => {
    const read = (): never => {
      throw Object.assign(new Error('denied'), { code: 'EACCES' });
    };
    const problems = refused(() => load(['manifests/test.yaml'], { files: { ...nodeFiles, read } }));
    expect(problems.map((one) => one.message)).toEqual(['no permission to read it']);
  });
  test.each([
    [['manifests/test.yaml', 'manifests/test.yaml']],
    [['manifests/test.yaml', './manifests/../manifests/test.yaml']],
    [['manifests/test.yaml', join(project.folder, 'manifests/test.yaml')]],
    [['manifests/test.yaml', 'alias.yaml']],
  ])('the same file twice: %j', (paths) => {
    write('manifests/test.yaml', groupWith());
    expect(refused(() => load(paths)).map((one) => one.message)).toEqual(['the same file is given twice']);
  });
});

describe('M21 the version of the format', () =>
  refuses([
    [
      'a later one, and nothing else is said',
      'version: 2\nnew: {}\n',
      '1:10 version: not an accepted value (got 2, want 1)',
    ],
    ['a text', 'version: "1"\n', 'version: a text, not a number; remove the quotes (got "1", want 1)'],
  ]));

describe('M22 words of YAML 1.1', () => {
  test.each(['no', 'on', 'yes', 'off', '12:30', '0b11', '1_000', '2001-01-01'])('%s is a text', (word) => {
    expect(loadText(`kafka: { clientId: ${word} }\n${groupWith()}`).kafka.clientId).toBe(word);
  });
  test.each([
    ['012', 12],
    ['0o14', 12],
    ['0xC', 12],
  ])('%s is the number %i', (text, value) => {
    expect(loadText(groupWith(`retry: { maxRetries: ${text} }`)).groups[0]?.retry.maxRetries).toBe(value);
  });
  test('where true or false belongs, the message says why', () => {
    expect(linesOf(groupWith('dlq: { enabled: no }'))).toEqual([
      '5:21 groups.g.dlq.enabled: not true or false; yes, no, on and off are texts in YAML 1.2 (got "no", want true or false)',
    ]);
  });
});
