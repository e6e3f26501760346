// Each folder of `runtime/` imports only from the folders below it: the shape drawn in ARCHITECTURE.md.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../runtime');

/** Folder → folders it may import from, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocol: ['core'],
  handler: ['core'],
  kafka: ['core', 'protocol'],
  publisher: ['core', 'protocol', 'handler', 'kafka', 'schemas'],
  'dead-letters': ['core', 'kafka', 'publisher'],
  broker: ['core', 'protocol'],
  schemas: ['core'],
  manifest: ['core', 'schemas'],
  store: ['core', 'handler'],
  consumer: ['core', 'protocol', 'kafka'],
  dispatch: ['core'],
  commit: ['core'],
  outcome: ['core'],
  worker: ['core', 'protocol', 'handler', 'schemas', 'store'],
  telemetry: ['core'],
  http: ['core', 'telemetry'],
  gateway: ['core', 'handler', 'schemas', 'http'],
  supervisor: [
    'core',
    'kafka',
    'publisher',
    'manifest',
    'store',
    'consumer',
    'dispatch',
    'commit',
    'outcome',
    'telemetry',
    'http',
    'gateway',
    'broker',
    'handler',
    'schemas',
  ],
  bus: [
    'core',
    'protocol',
    'handler',
    'publisher',
    'manifest',
    'consumer',
    'worker',
    'telemetry',
    'dead-letters',
    'schemas',
    'supervisor',
  ],
  replay: ['core', 'protocol', 'kafka', 'manifest', 'consumer', 'publisher', 'supervisor'],
  testing: ['core', 'protocol', 'kafka', 'publisher', 'broker', 'manifest', 'supervisor', 'handler', 'telemetry'],
  cli: ['core', 'replay', 'schemas', 'store', 'manifest', 'supervisor', 'broker', 'telemetry', 'http', 'kafka'],
};

/** Single doors through a wall, each with its reason. */
const doors: Readonly<Record<string, string>> = {
  'dispatch/inline-thread.ts → worker/worker-host.ts': '`execution: inline` runs the worker on the main thread',
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): readonly Import[] {
  const found: Import[] = [];
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/g,
  )) {
    const target = match[1] ?? match[2];
    if (target === undefined) continue;
    found.push({
      from: relative(root, file),
      to: relative(root, resolve(file, '..', target)),
    });
  }
  return found;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

test('folders import only downwards', () => {
  const wrong = files
    .flatMap((name) => importsOf(join(root, name)))
    .filter(({ from, to }) => {
      const [source, target] = [folderOf(from), folderOf(to)];
      if (source === '' || source === target) return false;
      if (`${from} → ${to}` in doors) return false;
      return !allowed[source]?.includes(target);
    })
    .map(({ from, to }) => `${from} → ${to}`);
  expect(wrong).toEqual([]);
});

test.each([
  ['kafkajs', 'kafkajs'],
  ['platformatic', '@platformatic/kafka'],
])('only kafka/%s/ imports %s', (folder, library) => {
  const imported = new RegExp(`(from |import\\(|require\\()'${library}['/]`);
  const importing = files.filter((name) => imported.test(readFileSync(join(root, name), 'utf8')));
  expect(importing.length).toBeGreaterThan(0);
  expect(importing.filter((name) => !name.startsWith(`kafka/${folder}/`))).toEqual([]);
});

test.each([
  ['pg', 'store/postgres.ts'],
  ['@electric-sql/pglite', 'store/pglite.ts'],
])('%s is loaded by %s alone, and only when it is chosen', (library, door) => {
  const named = new RegExp(`(from |import\\()'${library}['/]`);
  const atOnce = new RegExp(`import (?!type)[^;]*from '${library}['/]`);
  const sources = files.map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
  expect(sources.filter(({ text }) => named.test(text)).map(({ name }) => name)).toEqual([door]);
  expect(sources.filter(({ text }) => atOnce.test(text)).map(({ name }) => name)).toEqual([]);
});

test('@platformatic/kafka is loaded only when it is chosen', () => {
  const atOnce = /import (?!type)[^;]*from '@platformatic\/kafka'/;
  expect(files.filter((name) => atOnce.test(readFileSync(join(root, name), 'utf8')))).toEqual([]);
});

test('every folder has its place in the picture', () => {
  const folders = [...new Set(files.map(folderOf))].filter((folder) => folder !== '');
  expect(folders.filter((folder) => !(folder in allowed))).toEqual([]);
});
