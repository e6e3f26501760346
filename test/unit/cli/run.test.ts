// Row S-115.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../../runtime/cli/run.ts';
import type { Terminal } from '../../../runtime/cli/terminal.ts';

async function runtime(...args: readonly string[]) {
  return runIn(process.cwd(), ...args);
}

async function runIn(cwd: string, ...args: readonly string[]) {
  const printed = { out: '', err: '' };
  const terminal: Terminal = {
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    isTTY: false,
    colors: false,
    env: {},
    cwd,
  };
  const exitCode = await run(args, terminal);
  return { exitCode, ...printed };
}

/** A project with one handler, in a folder that is gone after the test. */
function project(manifest: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'handler.mjs'), 'export default {};');
  writeFileSync(join(folder, 'manifest.yaml'), manifest);
  return folder;
}

const orders = 'groups:\n  billing: { topicPrefix: orders, handlers: ./handler.mjs }\n';

test.each([
  ['no arguments', [], 'Usage: runtime'],
  ['an unknown command', ['startt'], 'Did you mean start?'],
  ['an unknown flag', ['start', 'x.yaml', '--gruop', 'a'], 'Did you mean --group?'],
  ['a flag without its value', ['start', 'x.yaml', '--group'], 'argument missing'],
  ['an empty value', ['start', 'x.yaml', '--group='], "'-g, --group <name>' argument is empty"],
  ['a flag given twice', ['broker', '--port', '1', '--port', '2'], "'--port' is given twice"],
  ['a switch given twice', ['validate', '--json', '--json', 'x.yaml'], "'--json' is given twice"],
  ['a port that is none', ['broker', '--port', '70000'], 'Want an integer from 0 to 65535'],
  ['no manifest', ['start'], "missing required argument 'manifest'"],
  ['too many arguments', ['version', 'x'], 'too many arguments'],
])('%s: exit code 1, the mistake and the usage on stderr', async (_name, args, message) => {
  const { exitCode, out, err } = await runtime(...args);
  expect(exitCode).toBe(1);
  expect(out).toBe('');
  expect(err).toContain(message);
  expect(err).toContain('Usage: runtime');
  expect(err).not.toMatch(/\n {4}at /);
});

test.each(['--password=hunter2', '--sasl-password', '--kafka.token=hunter2', '-password'])(
  '%s is refused before anything else, and its value is not repeated',
  async (flag) => {
    const { exitCode, err } = await runtime('start', 'x.yaml', flag, 'hunter2');
    expect(exitCode).toBe(1);
    expect(err).toContain('is not accepted');
    expect(err).not.toContain('hunter2');
  },
);

test('help that was asked for is no mistake', async () => {
  const { exitCode, out, err } = await runtime('start', '--help');
  expect(exitCode).toBe(0);
  expect(out).toContain('Usage: runtime start');
  expect(err).toBe('');
});

test('version, for people and for machines', async () => {
  expect((await runtime('version')).out).toMatch(/^\d+\.\d+\.\d+ \(Node \d+/);
  expect(JSON.parse((await runtime('version', '--json')).out)).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    node: process.versions.node,
  });
});

test('schema prints JSON', async () => {
  expect(JSON.parse((await runtime('schema')).out)).toHaveProperty('properties.groups');
});

test('validate names the groups of a valid manifest', async () => {
  const folder = project(orders);
  expect(await runIn(folder, 'validate', 'manifest.yaml')).toEqual({ exitCode: 0, out: 'valid: billing\n', err: '' });
  expect(JSON.parse((await runIn(folder, 'validate', '--json', 'manifest.yaml')).out)).toEqual({
    valid: true,
    groups: ['billing'],
    routes: [],
    problems: [],
  });
});

test('validate names the routes of a manifest that has no groups', async () => {
  const folder = project('gateway: { routes: { "POST /orders": { topic: orders, type: OrderPlaced } } }\n');
  expect((await runIn(folder, 'validate', 'manifest.yaml')).out).toBe('valid: POST /orders\n');
  const asJson = JSON.parse((await runIn(folder, 'validate', '--json', 'manifest.yaml')).out);
  expect(asJson).toMatchObject({ valid: true, groups: [], routes: ['POST /orders'] });
});

test('validate tells every problem with its place, without a stack', async () => {
  const folder = project(`${orders}  shipping: { topicPrefix: orders, handlers: ./handler.mjs, retrys: 3 }\nx: 1\n`);
  const { exitCode, out, err } = await runIn(folder, 'validate', 'manifest.yaml');
  expect(exitCode).toBe(1);
  expect(out).toBe('');
  expect(err.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^manifest\.yaml:3:\d+ groups\.shipping\.retrys: unknown key; did you mean retry/),
    expect.stringMatching(/^manifest\.yaml:4:1 x: unknown key/),
  ]);
  const asJson = JSON.parse((await runIn(folder, 'validate', '--json', 'manifest.yaml')).out);
  expect(asJson).toMatchObject({ valid: false, problems: [{ line: 3, path: 'groups.shipping.retrys' }, { line: 4 }] });
});

test('start refuses a broken manifest before it opens anything', async () => {
  const folder = project('groups: 3\n');
  const { exitCode, err } = await runIn(folder, 'start', 'manifest.yaml');
  expect(exitCode).toBe(1);
  expect(err).toMatch(/^manifest\.yaml:1:9 groups: not a map/);
});

test('start refuses a group that no manifest has, and suggests one that is near', async () => {
  const folder = project(orders);
  const { exitCode, err } = await runIn(folder, 'start', 'manifest.yaml', '--group', 'biling');
  expect(exitCode).toBe(1);
  expect(err).toBe('--group biling: no such group; did you mean billing?\n');
});
