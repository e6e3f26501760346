// What the shell learns from `runtime start`: 0 when it was asked to end and everything in flight was finished and
// committed, 4 when that was cut short, 1 when the user has to change something, and then what and where.
// Rows S-07, S-87.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePorts } from '../../scripts/real/free-ports.ts';
import { Target } from '../peers/support/targets.ts';
import { oneRecordWork } from './support/one-record-work.ts';
import { makeProject } from './support/project.ts';
import { startRuntime } from './support/runtime-process.ts';
import { startBrokerProcess } from './support/targets.ts';

// Each starts a process or two; the rest is for a machine that does much else.
vi.setConfig({ testTimeout: 120_000 });

const hour = 3_600_000;
const oneGroup = { groups: { orders: { topicPrefix: 'orders', handlers: './handlers.ts' } } };
const anyPort = { observability: { http: { port: 0 } } };

describe('a signal', () => {
  const target = new Target('embedded broker', () => startBrokerProcess(0));
  target.use();

  test('SIGTERM: what runs is finished and committed, exit code 0', async () => {
    const work = await oneRecordWork(target, '30s');
    const runtime = startRuntime(work.project);
    await work.publish(1_000);
    await runtime.until(() => work.project.recording.calls().length > 0);
    runtime.signal('SIGTERM');
    expect((await runtime.exit()).code).toBe(0);
    expect(work.project.recording.calls().map(({ kind }) => kind)).toEqual(['start', 'end']);
    expect(await work.committed()).toBe(1n);
  });

  test('SIGTERM twice: exit code 4 without waiting, nothing committed', async () => {
    const work = await oneRecordWork(target, '1h');
    const runtime = startRuntime(work.project);
    await work.publish(hour);
    await runtime.until(() => work.project.recording.calls().length > 0);
    runtime.signal('SIGTERM');
    await runtime.says(/SIGTERM: draining/);
    runtime.signal('SIGTERM');
    expect((await runtime.exit()).code).toBe(4);
    expect(work.project.recording.calls().map(({ kind }) => kind)).toEqual(['start']);
    expect(await work.committed()).toBe(null);
  });

  test('SIGTERM with a handler that takes longer than shutdown.timeout: exit code 4, nothing committed', async () => {
    const work = await oneRecordWork(target, '500ms');
    const runtime = startRuntime(work.project);
    await work.publish(hour);
    await runtime.until(() => work.project.recording.calls().length > 0);
    runtime.signal('SIGTERM');
    expect((await runtime.exit()).code).toBe(4);
    expect(runtime.output).toContain('not everything in flight was finished in time');
    expect(await work.committed()).toBe(null);
  });

  test('SIGINT while Kafka is waited for: exit code 0', async () => {
    const [port] = await freePorts(1);
    const runtime = startRuntime(makeProject({ kafka: { brokers: `127.0.0.1:${port}` }, ...oneGroup, ...anyPort }));
    await runtime.says(/health, readiness and metrics/);
    runtime.signal('SIGINT');
    expect((await runtime.exit()).code).toBe(0);
  });

  test('SIGINT while handlers load: exit code 0', async () => {
    const source = "import { writeSync } from 'node:fs'; writeSync(1, 'loading\\n'); await new Promise(() => {});";
    const runtime = startRuntime(makeProject({ ...oneGroup, ...anyPort }, source));
    await runtime.says(/^loading$/m);
    runtime.signal('SIGINT');
    expect((await runtime.exit()).code).toBe(0);
  });
});

describe('a handler module ends it with exit code 1, its path and the cause, when it', () => {
  const mistakes: readonly [string, string, RegExp][] = [
    [
      'throws while it is imported',
      "throw new Error('no database');",
      /handlers\.ts: Error: no database \(\S+handlers\.ts:1:\d+\)/,
    ],
    ['is no JavaScript', 'export default {\n  Order( {\n};', /handlers\.ts: SyntaxError: .*handlers\.ts/],
    [
      'waits for ever',
      'await new Promise(() => {});\nexport default {};',
      /handlers\.ts: not loaded after .*top-level await/,
    ],
    ['has no default export', 'export const handlers = {};', /handlers\.ts: .*default/],
    ['exports a text', "export default 'OrderPlaced';", /handlers\.ts: .*(text|string)/],
    ['imports what is not there', "import './missing.ts';", /handlers\.ts: .*missing\.ts/],
  ];
  test.each(mistakes)('%s', async (_what, source, message) => {
    // Without any Kafka: handlers are loaded before one is needed.
    const [port] = await freePorts(1);
    const runtime = startRuntime(
      makeProject({ kafka: { brokers: `127.0.0.1:${port}` }, ...oneGroup, ...anyPort }, source),
    );
    const { code, stderr } = await runtime.exit();
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  test('is not there', async () => {
    const groups = { orders: { topicPrefix: 'orders', handlers: './handler.ts' } };
    const { code, stderr } = await startRuntime(makeProject({ groups })).exit();
    expect(stderr).toMatch(/manifest\.yaml:\d+:\d+ groups\.orders\.handlers: no such file \(got "\.\/handler\.ts"/);
    expect(code).toBe(1);
  });
});

test('a mistake in the manifest: exit code 1 with its place, before anything is connected to', async () => {
  const { port, connections } = await countingServer();
  const manifest = { kafka: { brokers: `127.0.0.1:${port}` }, ...anyPort };
  const wrong = { orders: { topicPrefix: 'orders', handlers: './handlers.ts', retry: { maxRetries: 'many' } } };
  const { code, stderr } = await startRuntime(makeProject({ ...manifest, groups: wrong })).exit();
  expect(stderr).toMatch(/manifest\.yaml:\d+:\d+ groups\.orders\.retry\.maxRetries: /);
  expect(code).toBe(1);
  expect(connections()).toBe(0);

  // The same without the mistake does connect, so the server would have seen it.
  const runtime = startRuntime(makeProject({ ...manifest, ...oneGroup }));
  await runtime.until(() => connections() > 0);
});

test('the port for operators is taken: exit code 1, and which one', async () => {
  const { port } = await countingServer();
  const { code, stderr } = await startRuntime(makeProject({ ...oneGroup, observability: { http: { port } } })).exit();
  expect(stderr).toMatch(
    new RegExp(`observability\\.http: cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use`),
  );
  expect(code).toBe(1);
});

/** Listens, counts, and answers nobody. */
async function countingServer(): Promise<{ readonly port: number; readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}
