// A real piscina thread, since what is tested here is what only a thread has.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { afterEach, expect, test, vi } from 'vitest';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';
import type { FromThread, SetDone, Started, ThreadStart, ToThread } from '../../../runtime/core/thread-messages.ts';
import { ThreadPulse } from '../../../runtime/core/thread-pulse.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { groupOf } from './thread-under-test.ts';

// A thread takes 0.2 s to start, and much longer on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
const wait = { timeout: 30_000 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts a thread with one handler module. */
async function startThread(source: string) {
  const folder = await mkdtemp(join(tmpdir(), 'thread-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'handlers.ts');
  await writeFile(file, source);
  const pool = new Piscina({
    filename: new URL('../../../runtime/worker/thread.ts', import.meta.url).href,
    ...{ minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: 10, atomics: 'async' as const },
  });
  pool.on('error', () => {});
  cleanups.push(() => pool.destroy());
  const { port1, port2 } = new MessageChannel();
  const posted: FromThread[] = [];
  port1.on('message', (message: FromThread) => posted.push(message));
  cleanups.push(() => port1.close());
  const pulse = new ThreadPulse();
  const group = { ...groupOf({ retry: { maxRetries: 0 } }), handlers: [{ file, events: null }] };
  const start: ThreadStart = { group, thread: 0, maxRunning: 4, logLevel: 'debug', pulse: pulse.memory };
  const started: Started = await pool.run({ kind: 'start', start, port: port2 }, { transferList: [port2] });
  const run = (key = 'a'): { done: Promise<SetDone>; bytes: ArrayBuffer; progress: Progress } => {
    const headers = [['event_type', Buffer.from('A')] as const];
    const record = { key: Buffer.from(key), value: Buffer.from('{}'), headers, timestamp: 0 };
    const bytes = new Uint8Array(writeBatch({ records: [record] })).buffer;
    const progress = new Progress(new SharedArrayBuffer(progressBytes(1)), 1);
    progress.reset();
    const place = { topic: 't', partition: 0, epoch: 0, firstOffset: 0, lastOffset: 0 };
    const shared = progress.memory;
    const task = {
      kind: 'records',
      id: 1,
      ...place,
      progress: shared,
      bytes,
      byteLength: bytes.byteLength,
      opening: null,
    };
    return { done: pool.run(task, { transferList: [bytes] }), bytes, progress };
  };
  const send = (message: ToThread): void => port1.postMessage(message);
  return { started, posted, run, send, pulse, file };
}

function tainted(posted: readonly FromThread[]): Promise<FromThread & { kind: 'tainted' }> {
  return vi.waitFor(() => {
    const found = posted.find((message) => message.kind === 'tainted');
    if (found === undefined) throw new Error(`posted: ${JSON.stringify(posted)}`);
    return found;
  }, wait);
}

test('a record set goes in, its bytes come back, its progress is shared, the pulse beats', async () => {
  const { started, run, pulse } = await startThread('export default { A: async () => {} };');
  expect(started.kind).toBe('started');
  const { done, bytes, progress } = run();
  expect(bytes.byteLength).toBe(0);
  const answer = await done;
  expect(answer.kind).toBe('done');
  expect(answer.bytes!.byteLength).toBeGreaterThan(61);
  expect(progress.readPrefix()).toBe(1);
  await vi.waitFor(() => expect(pulse.read().tick).toBeGreaterThan(0), wait);
});

test('messages go both ways', async () => {
  const { posted, run, send } = await startThread('export default { A() { throw new Error("no"); } };');
  const { done } = run();
  await vi.waitFor(() => expect(posted).toMatchObject([{ kind: 'exhausted', place: { offset: 0, key: 'a' } }]), wait);
  send({ kind: 'settled', set: 1, offset: 0 });
  expect((await done).kind).toBe('done');
  send({ kind: 'end' });
  await vi.waitFor(() => expect(posted.at(-1)).toMatchObject({ kind: 'tally' }), wait);
});

test.each([
  ['an unhandled rejection', 'void Promise.reject(new Error("lost"));', /nobody waited for it: Error: lost/],
  ['a late throw', 'setTimeout(() => { throw new Error("late"); }, 1);', /after its handler had returned: Error: late/],
])('%s taints the thread', async (_, body, reason) => {
  const { posted, run } = await startThread(`export default { A() { ${body} } };`);
  await run().done;
  expect(await tainted(posted)).toMatchObject({ reason: expect.stringMatching(reason), blame: 'begun' });
});

test('process.exit taints the thread and ends it', async () => {
  const { posted, run } = await startThread('export default { A() { process.exit(13); } };');
  await expect(run().done).rejects.toThrow();
  expect(await tainted(posted)).toMatchObject({
    reason: expect.stringMatching(/process.exit\(13\)/),
    blame: 'on-stack',
  });
});

// Row M11, as Node itself says it.
test.each([
  ['an enum', 'enum A { B }\nexport default { A() {} };', /enums, namespaces.*handlers.ts:1/],
  ['a syntax error', 'export default {\n  A( {};\n', /SyntaxError.*handlers.ts:\d/],
  ['a decorator', 'function d() {}\n@d class X {}\nexport default { A() {} };', /decorators/],
])('%s is named with file and line', async (_, source, message) => {
  const { started } = await startThread(source);
  expect(started).toMatchObject({ kind: 'failed', message: expect.stringMatching(message) });
});
