// `docs/publishing.md` says what the schema says, and its code runs.
// Rows S-26, S-35.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { errorCodes } from '../../../runtime/core/errors.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import { producerOptions, producerProfiles } from '../../../runtime/manifest/schema/producer.ts';
import type { Option } from '../../../runtime/manifest/schema/section.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/publishing.md'), 'utf8');
const blocks = [...page.matchAll(/^```(ts|yaml)\n(.*?)^```$/gms)].map(([, , text]) => text!);

/** Cells of the rows below a header that begins so, without backticks. */
function tableAfter(header: string): readonly (readonly string[])[] {
  const lines = page.slice(page.indexOf(`\n| ${header} |`) + 1).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) => line.split(' | ').map((cell) => cell.replaceAll(/[`|]/g, '').trim()));
}

test('the table of settings has every key of the schema with its default', () => {
  const flat = Object.entries<Option>(producerOptions).flatMap(([key, option]) =>
    option.properties === undefined
      ? [[key, option] as const]
      : Object.entries(option.properties).map(([inner, one]) => [`${key}.${inner}`, one] as const),
  );
  const withDefault = flat.filter(([, option]) => 'default' in option);
  expect(tableAfter('key').map(([key, value]) => [key, value])).toEqual(
    expect.arrayContaining(withDefault.map(([key, option]) => [key, String(option.default ?? 'none')])),
  );
  expect(tableAfter('key')).toHaveLength(withDefault.length);
});

test('the table of profiles is that of the schema', () => {
  const rows = Object.entries(producerProfiles).map(([name, one]) => [
    ...[name, one.batchBytes, one.linger, one.compression, String(one.acks), String(one.idempotent)],
  ]);
  expect(tableAfter('profile')).toEqual(rows);
});

test('the table of partitioners has all of them', () => {
  expect(tableAfter('`by`').map(([name]) => name)).toEqual([...producerOptions.partitioner.properties.by.enum]);
});

test('every error code that is named exists', () => {
  const named = tableAfter('`error.code`').map(([code]) => code!);
  expect(named.filter((code) => !(code in errorCodes))).toEqual([]);
  expect(named.length).toBeGreaterThan(4);
});

test('the first example publishes an event and ends; the module of the last one chooses its partition', async () => {
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  const kafka = new TestKafka([broker.address]);
  const project = mkdtempSync(join(tmpdir(), 'publishing-'));
  onTestFinished(async () => {
    rmSync(project, { recursive: true });
    await kafka.close();
    await broker.close();
  });
  await kafka.createTopics({ 'orders.stream': { partitions: 10 } });
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  };
  write('package.json', '{ "type": "module" }');
  write('publish.ts', blocks.find((text) => text.includes('publisher.publish('))!);
  write('orders.yaml', blocks.find((text) => text.includes('by: module'))!);
  write('partitioners/tenant.ts', blocks.find((text) => text.includes('PartitionerModule'))!);
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/kafka-worker-runtime'));
  const { host, port } = broker.address;
  const env = { ...process.env, KAFKA_BROKERS: `${host}:${port}` };
  const { stdout } = await promisify(execFile)(process.execPath, ['publish.ts'], { cwd: project, env });
  expect(stdout.trim()).toBe('orders.stream-7-0'); // no tenant, and a key of seven characters
});
