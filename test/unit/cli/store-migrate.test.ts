// `runtime store migrate` makes the tables of the store that the manifest names, says what it did, and may be repeated.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { run } from '../../../runtime/cli/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'cli-store-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'package.json'), '{}');
writeFileSync(join(folder, 'handler.mjs'), 'export default {};');
const groups = 'groups:\n  billing: { topicPrefix: orders, handlers: ./handler.mjs }\n';

async function migrate(store: string, ...flags: readonly string[]) {
  writeFileSync(join(folder, 'manifest.yaml'), `${store}\n${groups}`);
  const printed = { out: '', err: '' };
  const out = (text: string): void => {
    printed.out += text;
  };
  const err = (text: string): void => {
    printed.err += text;
  };
  const env = { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/db' };
  const terminal = { out, err, isTTY: false, colors: false, env, cwd: folder };
  return { exitCode: await run(['store', 'migrate', 'manifest.yaml', ...flags], terminal), ...printed };
}

test('a dry run does nothing, the first run makes the tables, the second one has nothing to do', async () => {
  const name = `pglite:${join(folder, 'data')}`;
  const store = 'store: { url: "pglite:./data" }';
  const steps = '  1  events, snapshots and outbox\n  2  marks of handled records\n';
  const planned = await migrate(store, '--dry-run');
  expect(planned).toEqual({
    exitCode: 0,
    out: `${name} would go from version 0 to 2:\n${steps}`,
    err: '',
  });
  expect(existsSync(join(folder, 'data'))).toBe(false);
  const first = await migrate(store);
  expect(first.out).toBe(`${name} went from version 0 to 2:\n${steps}`);
  const second = await migrate(store);
  expect(second).toEqual({ exitCode: 0, out: `${name} is at version 2: nothing to do\n`, err: '' });
  const { out } = await migrate(store, '--json', '--dry-run');
  expect(JSON.parse(out)).toEqual({ store: name, dryRun: true, from: 2, to: 2, applied: [] });
});

test('without store.url DATABASE_URL is meant; a server that is not there is exit code 1, without the password', async () => {
  const { exitCode, out, err } = await migrate('');
  expect([exitCode, out]).toEqual([1, '']);
  expect(err).toContain('the store postgres://u@127.0.0.1:1/db cannot be reached: connect ECONNREFUSED');
  expect(err).not.toContain('hunter2');
  expect(err).not.toMatch(/\n {4}at /);
});

test('a url that is none is a mistake of the manifest, and is not shown', async () => {
  const { exitCode, err } = await migrate('store: { url: "mysql://u:hunter2@host/db" }');
  expect(exitCode).toBe(1);
  expect(err).toContain('manifest.yaml:1:15 store.url: not the url of a store');
  expect(err).toContain('want postgres://user@host:5432/database, pglite:<folder> or pglite:memory');
  expect(err).not.toContain('hunter2');
});

test.each([[['store']], [['store', 'migrate']], [['store', 'migrat', 'x.yaml']]])(
  '%j is not understood',
  async (args) => {
    let err = '';
    const terminal = {
      out: () => {},
      err: (text: string) => {
        err += text;
      },
      isTTY: false,
      colors: false,
      env: {},
      cwd: folder,
    };
    expect(await run(args, terminal)).toBe(1);
    expect(err).toContain('Usage: runtime store');
  },
);
