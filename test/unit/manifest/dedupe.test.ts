// `dedupe` and `offsets`: by what a repeated record is told, where that is kept, and which keys would do nothing.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);
project.write('handlers/marks.ts', 'export const seen = () => false; export const mark = () => {};');

const postgres = 'store: { url: "postgres://u:p@localhost/db" }\n';
const load = (dedupe: string, before = '') =>
  project.loadText(`${before}${groupWith(`dedupe: { ${dedupe} }`)}`).groups[0]!.dedupe;
const problemsOf = (dedupe: string, ...lines: readonly string[]) =>
  project.problemsOf(groupWith(`dedupe: { ${dedupe} }`, ...lines));

test('each store has what it needs', () => {
  expect(load('by: header:event_id')).toEqual({
    by: { kind: 'header', name: 'event_id' },
    store: { kind: 'memory', ttlMs: 86_400_000, max: 100_000 },
  });
  expect(load('by: key, store: sqlite, ttl: 1h, max: 5')).toEqual({
    by: { kind: 'key' },
    store: {
      kind: 'sqlite',
      file: join(project.folder, 'manifests/.runtime/dedupe/g.sqlite'),
      ttlMs: 3_600_000,
      max: 5,
    },
  });
  expect(load('by: $.order.id, store: sql', postgres)).toEqual({
    by: { kind: 'path', path: ['order', 'id'] },
    store: { kind: 'sql', url: 'postgres://u:p@localhost/db', ttlMs: 86_400_000 },
  });
  expect(load('by: key, store: ../handlers/marks.ts')).toEqual({
    by: { kind: 'key' },
    store: { kind: 'module', file: join(project.folder, 'handlers/marks.ts') },
  });
});

test('an embedded store is for handlers on the main thread', () => {
  expect(problemsOf('by: key, store: sql')).toMatchObject([
    { path: 'groups.g.dedupe.store', message: expect.stringContaining('execution: inline') },
  ]);
  const inline = project.loadText(groupWith('dedupe: { by: key, store: sql }', 'execution: inline'));
  expect(inline.groups[0]!.dedupe).toMatchObject({ store: { kind: 'sql', url: expect.stringMatching(/^pglite:\//) } });
});

test.each([
  ['store: sqlite', 'groups.g.dedupe', /by what a repeated record is told/],
  ['by: id', 'groups.g.dedupe.by', /want key, header:<name> such as header:event_id/],
  ['by: key, store: redis', 'groups.g.dedupe.store', /want memory, sqlite, sql, or the path/],
  ['by: key, store: ../handlers/nowhere.ts', 'groups.g.dedupe.store', /the path of a module inside the project/],
  ['by: key, store: ../handlers/marks.ts, ttl: 1h', 'groups.g.dedupe.ttl', /a module decides itself/],
  ['by: key, store: ../handlers/marks.ts, max: 1', 'groups.g.dedupe.max', /a module decides itself/],
])('%s is refused', (dedupe, path, message) => {
  expect(problemsOf(dedupe)).toMatchObject([{ path, message: expect.stringMatching(message) }]);
});

test('max does nothing with store: sql, and is refused there; one of defaults may be for other groups', () => {
  const sql = groupWith('dedupe: { by: key, store: sql, max: 5 }');
  expect(project.problemsOf(postgres + sql)).toMatchObject([{ path: 'groups.g.dedupe.max' }]);
  const inherited = `${postgres}defaults: { dedupe: { max: 5 } }\n${groupWith('dedupe: { by: key, store: sql }')}`;
  expect(project.loadText(inherited).groups[0]!.dedupe).toMatchObject({ store: { kind: 'sql' } });
});

test('positions of your own need the records of a partition one after the other', () => {
  project.write('handlers/offsets.ts', 'export const load = () => null;');
  const lines = ['offsets: ../handlers/offsets.ts', 'concurrency: { order: partition }'];
  expect(project.loadText(groupWith(...lines)).groups[0]!.offsets).toBe(join(project.folder, 'handlers/offsets.ts'));
  expect(project.problemsOf(groupWith(lines[0]!))).toMatchObject([
    { path: 'groups.g.offsets', message: expect.stringContaining('order: partition') },
  ]);
  expect(project.problemsOf(groupWith('offsets: ./nowhere.ts', lines[1]!))).toMatchObject([
    { path: 'groups.g.offsets', message: expect.stringContaining('the path of a module inside the project') },
  ]);
});
