// `store.url`: a folder starts at the manifest that names it, and no message shows a password.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);

const urlOf = (line: string, env = {}) => project.loadText(`${line}\n${groupWith()}`, { env }).store.url;
const manifests = join(project.folder, 'manifests');

test.each([
  ['store: {}', {}, `pglite:${manifests}/.runtime/store`],
  ['store: {}', { DATABASE_URL: 'pglite:./here' }, `pglite:${manifests}/here`],
  ['store: { url: "pglite:../data" }', {}, `pglite:${project.folder}/data`],
  ['store: { url: "pglite:/var/lib/store" }', {}, 'pglite:/var/lib/store'],
  ['store: { url: "pglite:memory" }', {}, 'pglite:memory'],
  ['store: { url: "postgres://u:p@host/db?sslmode=require" }', {}, 'postgres://u:p@host/db?sslmode=require'],
  ['store: { url: "postgresql://host/db" }', {}, 'postgresql://host/db'],
])('%s with %j: %s', (line, env, url) => {
  expect(urlOf(line, env)).toBe(url);
});

test('of two manifests each folder starts at its own', () => {
  project.write('manifests/one.yaml', groupWith());
  project.write('other/two.yaml', 'store: { url: "pglite:./data" }\n');
  expect(project.load(['manifests/one.yaml', 'other/two.yaml']).store.url).toBe(`pglite:${project.folder}/other/data`);
});

test.each([
  ['store: { url: "mysql://u:hunter2@host/db" }', 'not the url of a store'],
  ['store: { url: "hunter2" }', 'not the url of a store'],
  ['store: { url: "postgres://u:hunter2@[/db" }', 'not a valid url'],
  ['store: { url: "pglite:" }', 'no folder after pglite:'],
  ['store: { url: "${SECRET}" }', 'not the url of a store'],
])('%s is refused', (line, fault) => {
  const problems = project.problemsOf(`${line}\n${groupWith()}`, { env: { SECRET: 'hunter2' } });
  expect(problems).toMatchObject([{ path: 'store.url', message: expect.stringContaining(fault) }]);
  expect(problems[0]!.message).not.toContain('hunter2');
});

test.each(['store: { url: "" }', 'store: { url: 5 }', 'store: { url: null }', 'store: { uri: x }'])(
  '%s is refused',
  (line) => {
    expect(project.problemsOf(`${line}\n${groupWith()}`)).toHaveLength(1);
  },
);
