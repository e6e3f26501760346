// The program as a process: signals, exit codes, closed pipes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import { until } from '../../../runtime/testing/until.ts';

const bin = join(import.meta.dirname, '../../../runtime/bin.js');

interface Running {
  readonly child: ChildProcess;
  readonly exitCode: Promise<number | null>;
  out(): string;
  err(): string;
}

function runtime(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  return started(t, process.execPath, [bin, ...args], env);
}

function started(
  t: TestContext,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  t.onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => {
    out += data;
  });
  child.stderr?.on('data', (data) => {
    err += data;
  });
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  return { child, exitCode, out: () => out, err: () => err };
}

interface Project {
  readonly port?: number;
  /** Source text of a function. */
  readonly handler?: string;
  readonly brokers?: string;
}

/** A manifest in a folder that is gone after the test. */
function project(t: TestContext, { port = 0, handler = '() => {}', brokers = 'embedded' }: Project = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-process-'));
  t.onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'handler.js'), `export default { '*': ${handler} };`);
  const manifest = {
    kafka: { brokers },
    observability: { http: { port } },
    groups: { g: { topics: ['t'], handlers: './handler.js', concurrency: { workers: 1 } } },
  };
  writeFileSync(join(folder, 'manifest.yaml'), JSON.stringify(manifest));
  return join(folder, 'manifest.yaml');
}

async function broker(t: TestContext) {
  const { address, close } = await createBroker({ clock: systemClock, random: systemRandom });
  t.onTestFinished(() => close());
  const kafka = new TestKafka([address]);
  t.onTestFinished(() => kafka.close());
  return { address, kafka };
}

async function metrics(rt: Running): Promise<string> {
  const url = /metrics are at (http:\/\/[\d.:]+)/.exec(rt.out())?.[1];
  return (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
}

const joined = (rt: Running) =>
  until(() => rt.out().includes('group g is joined'), { state: () => [rt.out(), rt.err()] });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} drains and ends with exit code 0`, async (t) => {
    const rt = runtime(t, ['start', project(t)]);
    await joined(rt);
    rt.child.kill(signal);
    expect(await rt.exitCode).toBe(0);
    expect(rt.out()).toContain('drained: all that was finished is committed');
    expect(rt.err()).toBe('');
    for (const line of rt.out().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });
}

test('a signal during the start ends it cleanly', async (t) => {
  const rt = runtime(t, ['start', project(t)]);
  await until(() => rt.out() !== '', { state: () => rt.err() });
  rt.child.kill('SIGINT');
  expect(await rt.exitCode).toBe(0);
});

test('a second signal ends at once with exit code 4', async (t) => {
  const { address, kafka } = await broker(t);
  // The drain waits for this handler until the second signal.
  const manifest = project(t, { handler: '() => new Promise(() => {})', brokers: `${address.host}:${address.port}` });
  const rt = runtime(t, ['start', manifest]);
  await joined(rt);
  await kafka.publish('t', [['k', 1]]);
  await until(async () => (await metrics(rt)).includes('kafka_eventbus_batch_size_count{group="g"} 1'));
  rt.child.kill('SIGTERM');
  await until(() => rt.out().includes('SIGTERM: draining'));
  rt.child.kill('SIGINT');
  expect(await rt.exitCode).toBe(4);
  expect(rt.out()).toContain('SIGINT again: ended without draining');
});

test('two starts on one port: the second ends with exit code 1 and one line', async (t) => {
  const first = runtime(t, ['start', project(t)]);
  await joined(first);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(first.out())?.[1]);
  const second = runtime(t, ['start', project(t, { port })]);
  expect(await second.exitCode).toBe(1);
  expect(second.err()).toMatch(/^observability\.http: cannot listen on 127\.0\.0\.1:\d+: the port is in use.*\n$/);
});

test('a reader that goes away is no error', async (t) => {
  const rt = runtime(t, ['schema']);
  rt.child.stdout?.destroy();
  expect(await rt.exitCode).toBe(0);
  expect(rt.err()).toBe('');
});

test('the runtime goes on when nobody reads its log any more', async (t) => {
  const rt = runtime(t, ['start', project(t)]);
  await joined(rt);
  rt.child.stdout?.destroy();
  rt.child.kill('SIGTERM');
  expect(await rt.exitCode).toBe(0);
});

test('the broker command says where it listens, and ends with a signal', async (t) => {
  const rt = runtime(t, ['broker', '--port', '0']);
  await until(() => /listening on 127\.0\.0\.1:\d+/.test(rt.out()), { state: () => rt.err() });
  rt.child.kill('SIGTERM');
  expect(await rt.exitCode).toBe(0);
});

test('the embedded broker refuses production', async (t) => {
  const rt = runtime(t, ['broker', '--port', '0'], { NODE_ENV: 'production' });
  expect(await rt.exitCode).toBe(1);
  expect(rt.err()).toMatch(/^the embedded broker is for development/);
});

// In a process of its own: where the answer is wrong, the thread hangs and no test of this one would end.
for (const dir of ['/proc/nope', '/proc/nope/deeper', '/dev/null', '/dev/null/below']) {
  test.skipIf(process.platform !== 'linux')(`a broker that cannot keep its data in ${dir} says so`, async (t) => {
    const rt = runtime(t, ['broker', '--port', '0', '--dir', dir]);
    expect(await rt.exitCode).toBe(1);
    expect(rt.err()).toMatch(/^the embedded broker cannot keep its data in .*; choose a folder that .*\n$/);
  });
}

// `script` gives the command a terminal of its own.
for (const columns of [1, 20, 39]) {
  test.skipIf(!existsSync('/usr/bin/script'))(`a terminal of ${columns} columns is wide enough`, async (t) => {
    const command = `stty cols ${columns}; ${process.execPath} ${bin} start --help; ${process.execPath} ${bin} validat`;
    const rt = started(t, '/usr/bin/script', ['-qec', command, '/dev/null']);
    expect(await rt.exitCode).toBe(1);
    expect(rt.out().replaceAll(/\s+/g, ' ')).toMatch(/Usage: runtime start .*Did you mean validate\?/);
  });
}

test('what is compiled is kept for the next start', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-compiled-'));
  t.onTestFinished(() => rmSync(folder, { recursive: true }));
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const child = spawn(process.execPath, [bin, 'version'], { env: { ...env, TMPDIR: folder }, stdio: 'ignore' });
  await once(child, 'close');
  expect(existsSync(join(folder, 'node-compile-cache'))).toBe(true);
});
