// The handlers and manifests that the pages show can be loaded as they stand there.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../runtime/core/clock.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import { loadManifests } from '../../../runtime/manifest/load.ts';
import { loadHandlers } from '../../../runtime/worker/load-handlers.ts';

const root = join(import.meta.dirname, '../../..');

test.each([
  ['projections.md', ['OrderPlaced']],
  ['debezium.md', ['orders.c', 'orders.u', 'orders.r', 'orders.d']],
])('docs/%s', async (name, types) => {
  const page = readFileSync(join(root, 'docs', name), 'utf8');
  const blocks = [...page.matchAll(/^```(ts|yaml)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language,
    text: text!,
  }));
  const module = blocks.find(({ text }) => text.includes('export default defineHandlers'))!.text;
  const manifest =
    blocks.find(({ language }) => language === 'yaml')?.text ??
    'groups: { mirror: { topics: [orders], handlers: ./handlers/mirror.ts } }';
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  write(join(folder, 'package.json'), '{ "type": "module" }');
  write(join(folder, 'handlers/mirror.ts'), module);
  write(join(folder, 'manifest.yaml'), manifest);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/kafka-worker-runtime'));

  const [group] = loadManifests(['manifest.yaml'], { env: {}, cwd: folder, random: systemRandom }).groups;
  const loaded = await loadHandlers(group!, { thread: 0, clock: systemClock, signal: new AbortController().signal });
  expect(loaded).toMatchObject({ kind: 'loaded' });
  if (loaded.kind === 'loaded') expect([...loaded.modules[0]!.byType.keys()]).toEqual(types);
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
