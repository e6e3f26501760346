// Rows S-23, S-86.
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeFiles } from '../../../runtime/manifest/files.ts';
import { expand } from '../../../runtime/manifest/substitute.ts';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);
const { loadText, problemsOf, write } = project;

const env = { A: 'one', B: 'two', EMPTY: '', N: '8', YES: 'true', HEX: '0x10', ID: '42', TEXT: 'many' };
const sources = { env, files: nodeFiles, folder: join(project.folder, 'manifests') };

test.each([
  ['plain', 'plain'],
  ['${A}', 'one'],
  ['${A}-${B}', 'one-two'],
  ['${A:-x}', 'one'],
  ['${NONE:-x}', 'x'],
  ['${EMPTY:-x}', 'x'],
  ['${NONE:-}', ''],
  ['${NONE:-a:-b?c}', 'a:-b?c'],
  ['${A:?needed}', 'one'],
  ['$${A}', '${A}'],
  ['$A and $.path and $', '$A and $.path and $'],
  ['x}${A}}', 'x}one}'],
])('%s becomes %j', (text, result) => {
  expect(expand(text, sources)).toMatchObject({ kind: 'text', text: result });
});

test('a value is not looked at again', () => {
  expect(expand('${X}', { ...sources, env: { X: '${A}' } })).toMatchObject({ text: '${A}' });
});

test.each(['${', '${A', '${}', '${1A}', '${A-b}', '${A:b}', '${A:-${B}}', '${ A }', '${file:}'])(
  '%s is malformed',
  (text) => {
    expect(expand(text, sources).kind).toBe('malformed');
  },
);

describe('files', () => {
  test('are read from the folder of the manifest, without their last line break', () => {
    write('manifests/secret', 'line 1\nline 2\r\n');
    expect(expand('${file:./secret}', sources)).toMatchObject({
      text: 'line 1\nline 2',
      references: ['${file:./secret}'],
    });
    expect(expand(`\${file:${project.folder}/manifests/secret}`, sources)).toMatchObject({ text: 'line 1\nline 2' });
  });

  test.each([
    ['${file:none}', 'no such file'],
    ['${file:.}', 'it is a folder'],
    ['${file:/dev/zero}', 'not a regular file'],
    ['${file:large}', '65537 bytes long; 65536 are allowed'],
    ['${file:binary}', 'not a text in UTF-8'],
  ])('%s is refused', (text, fault) => {
    write('manifests/large', 'x'.repeat(65_537));
    write('manifests/binary', new Uint8Array([0xc3, 0x28]));
    expect(expand(text, sources)).toEqual({ kind: 'missing', fault: `${text}: ${fault}` });
  });
});

describe('the schema decides what a substituted text becomes', () => {
  const load = (line: string) => loadText(groupWith(line), { env });

  test.each(['${N}', '"${N}"', "'${N}'", '"${NONE:-8}"'])('a number where one is wanted: %s', (text) => {
    expect(
      load(`retry: { maxRetries: ${text.startsWith('$') ? `"${text}"` : text} }`).groups[0]?.retry.maxRetries,
    ).toBe(8);
  });

  test('also without quotes, in other notations, and next to a text that is allowed', () => {
    expect(load('retry:\n      maxRetries: ${HEX}').groups[0]?.retry.maxRetries).toBe(16);
    expect(load('concurrency: { workers: "${N}" }').groups[0]?.concurrency.workers).toBe(8);
    expect(load('concurrency: { workers: "${NONE:-auto}" }').groups[0]?.concurrency.workers).toBe(2);
    expect(load('dlq: { enabled: "${YES}" }').groups[0]?.dlq.enabled).toBe(true);
  });

  test('a text everywhere else', () => {
    const text = `kafka: { clientId: "\${ID}" }\n${groupWith('topics: ["${ID}"]')}`;
    const settings = loadText(text, { env });
    expect(settings.kafka.clientId).toBe('42');
    expect(settings.groups[0]?.topics[0]?.name).toBe('42');
  });

  test.each(['"1${N}"', '"${TEXT}"', '"${N}.${N}.${N}"'])('%s is no number', (text) => {
    expect(problemsOf(groupWith(`retry: { maxRetries: ${text} }`), { env })).toMatchObject([
      { path: 'groups.g.retry.maxRetries', message: expect.stringContaining('got the value of ${') },
    ]);
  });
});

test('without quotes between braces it is not YAML, and the message says what to do', () => {
  const [first] = problemsOf(`kafka: { clientId: \${ID} }\n${groupWith()}`, { env });
  expect(first?.message).toContain('between braces or brackets a ${…} needs quotes');
});

test('defaults of the schema are substituted too', () => {
  const settings = loadText(groupWith(), { env: { RUNTIME_HTTP_HOST: '0.0.0.0' } });
  expect(settings.http).toEqual({ host: '0.0.0.0', port: 8000 });
});

test('every missing variable of a file is reported at once, and only once', () => {
  const text = groupWith('retry: &r { maxRetries: "${X}" }', 'from: "${Y}"').replace('groups:', 'groups:\n  h: *r');
  const problems = problemsOf(groupWith('retry: { maxRetries: "${X}" }', 'from: "${Y}"'));
  expect(problems.map((one) => one.path)).toEqual(['groups.g.retry.maxRetries', 'groups.g.from']);
  expect(problemsOf(text)).toMatchObject([{ message: 'no anchor &r before this alias' }]);
});
