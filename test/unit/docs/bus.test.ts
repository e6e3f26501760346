// The program in `docs/bus.md` runs, and does the same on Kafka as in memory.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { systemRandom } from '../../../runtime/core/random.ts';

const root = join(import.meta.dirname, '../../..');
const [program] = /(?<=^```ts\n).*?(?=^```$)/ms.exec(readFileSync(join(root, 'docs/bus.md'), 'utf8'))!;

function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bus-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'shop.ts'), program);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/kafka-worker-runtime'));
  return folder;
}

async function run(kafka: { readonly KAFKA_BROKERS?: string }): Promise<readonly string[]> {
  const { KAFKA_BROKERS: _, ...inherited } = process.env;
  const options = { cwd: project(), env: { ...inherited, ...kafka } };
  const { stdout } = await promisify(execFile)(process.execPath, ['shop.ts'], options);
  return stdout.trim().split('\n');
}

const expected = ['attempt 1: order-1 for 20', '1 dead letter: negative total'];

test('in memory', async () => {
  expect(await run({})).toEqual(expected);
});

test('on a broker', async () => {
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  onTestFinished(() => broker.close());
  expect(await run({ KAFKA_BROKERS: `${broker.address.host}:${broker.address.port}` })).toEqual(expected);
});
