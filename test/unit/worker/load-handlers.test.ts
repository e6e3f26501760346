import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FromThread, ThreadStart } from '../../../runtime/core/thread-messages.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { createWorkerHost } from '../../../runtime/worker/worker-host.ts';
import { groupOf } from './thread-under-test.ts';

let folder: string;
let files = 0;
const library = new URL('../../../runtime/index.ts', import.meta.url).href;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handlers-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function host(source: string, extension = 'ts', events: readonly string[] | null = null) {
  const file = join(folder, `${++files}.${extension}`);
  await writeFile(file, source);
  const group = { ...groupOf(), handlers: [{ file, events }] };
  const start: ThreadStart = { group, thread: 2, maxRunning: 4, logLevel: 'debug', pulse: new SharedArrayBuffer(8) };
  const clock = new ManualClock();
  const posted: FromThread[] = [];
  const created = createWorkerHost({ start, post: (message) => posted.push(message), clock, random: () => 0.5 });
  return { file, clock, posted, created };
}

test('a module is loaded, set up once, and tells its types', async () => {
  const { created, file } = await host(`
    import { defineHandlers } from '${library}';
    globalThis.setups = [];
    export default defineHandlers(
      { OrderPlaced() {}, '*': { handle() {}, timeout: '3s' } },
      { setup: (env) => { globalThis.setups.push(env); } },
    );`);
  expect(await created.load()).toMatchObject({ kind: 'started', handlers: [{ file, types: ['OrderPlaced', '*'] }] });
  const setups = (globalThis as unknown as { setups: { group: string; thread: number; signal: AbortSignal }[] }).setups;
  expect(setups).toMatchObject([{ group: 'billing', thread: 2 }]);
  created.receive({ kind: 'end' });
  expect(setups[0]!.signal.aborted).toBe(true);
});

test('before it is loaded, a host finishes nothing', async () => {
  const { created } = await host('export default { A() {} };');
  const bytes = new ArrayBuffer(1);
  const place = { topic: 't', partition: 0, epoch: 0, firstOffset: 0, lastOffset: 0, opening: null };
  const progress = new SharedArrayBuffer(64);
  expect(await created.run({ kind: 'records', id: 1, ...place, bytes, byteLength: 1, progress })).toEqual({
    kind: 'stale',
    bytes,
  });
});

// Row M11, and what is not built.
test.each([
  ['no default export', 'export const a = 1;', /no default export; expected export default defineHandlers/],
  ['a string', 'export default "x";', /default export is string x/],
  ['null', 'export default null;', /default export is null/],
  ['an array', 'export default [];', /default export is an array/],
  ['no handlers', 'export default {};', /handles no event type/],
  ['a number as handler', 'export default { A: 5 };', /"A" is number 5; expected a function/],
  ['handle is missing', 'export default { A: { timeout: "1s" } };', /"A".handle is undefined/],
  ['a batch handler', 'export default { A: { batch() {} } };', /"A": "batch" is not supported yet/],
  [
    'dedupe without by',
    'export default { A: { handle() {}, dedupe: true } };',
    /"A".dedupe is true, but the group does not say by what: set groups\.\w+\.dedupe\.by/,
  ],
  ['dedupe', 'export default { A: { handle() {}, dedupe: 1 } };', /"A".dedupe is number 1; expected true or false/],
  [
    'an unknown key',
    'export default { A: { handle() {}, retires: 1 } };',
    /unknown key "retires"; expected handle, retry/,
  ],
  [
    'a wrong timeout',
    'export default { A: { handle() {}, timeout: 30 } };',
    /"A".timeout is number 30; expected a whole/,
  ],
  ['wrong retries', 'export default { A: { handle() {}, retry: { maxRetries: -2 } } };', /maxRetries is number -2/],
  ['a later retry key', 'export default { A: { handle() {}, retry: { tiers: [] } } };', /"tiers" is not supported yet/],
  ['a throw at import', 'const a = 1;\nthrow new RangeError("at import");', /RangeError: at import \(.*\.ts:2/],
  ['a missing import', 'import "./nowhere.ts";', /Cannot find module|nowhere/],
  [
    'a hook that is no function',
    `import { defineHandlers } from '${library}';\nexport default defineHandlers({ A() {} }, { onAssigned: 5 });`,
    /onAssigned is number 5; expected a function/,
  ],
  [
    'an unknown hook',
    `import { defineHandlers } from '${library}';\nexport default defineHandlers({ A() {} }, { onAsigned() {} });`,
    /unknown key "onAsigned"; expected setup, onAssigned, onRevoked/,
  ],
  [
    'setup that fails',
    `import { defineHandlers } from '${library}';\nexport default defineHandlers({ A() {} }, { setup() { throw new Error('no database'); } });`,
    /Error: no database/,
  ],
])('%s is told with the file', async (_, source, message) => {
  const { created, file } = await host(source);
  const started = await created.load();
  expect(started).toMatchObject({ kind: 'failed', file });
  expect(started).toHaveProperty('message', expect.stringMatching(message));
});

test('a file that is not there', async () => {
  const { created, file } = await host('');
  await rm(file);
  expect(await created.load()).toMatchObject({ kind: 'failed', file });
});

test('an event that the manifest lets through must have a handler', async () => {
  const { created } = await host('export default { A() {} };', 'mjs', ['A', 'B']);
  expect(await created.load()).toMatchObject({ message: expect.stringMatching(/event type "B" through, but/) });
});

test('a top-level await that never settles is told after 8 s', async () => {
  const { created, clock } = await host('await new Promise(() => {});\nexport default { A() {} };', 'mjs');
  const started = created.load();
  await clock.turn();
  await clock.advance(8_000);
  expect(await started).toMatchObject({ message: expect.stringMatching(/not loaded after 8 s/) });
});
