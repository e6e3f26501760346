/**
 * Records which partitions Kafka's own Java producer chooses, so that ours can be held against it without Java.
 *
 *   npx node scripts/real/record-partitions.ts      # writes test/golden/java-partitions.json, a few seconds
 *
 * Needs Java and Maven. The keys are the same each time; record again for a newer Kafka, or to add keys.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { seededRandom } from '../../runtime/core/random.ts';
import { exited, spawnBound } from './bound-process.ts';
import { installKafka, kafkaVersion } from './kafka-install.ts';

const output = join(import.meta.dirname, '..', '..', 'test', 'golden', 'java-partitions.json');
const partitionCounts = [1, 2, 3, 12, 50, 1_000, 4_096];

/** Every length around the four bytes that the hash takes at once, bytes of all values, and texts as people use them. */
function keys(): readonly Buffer[] {
  const random = seededRandom(1);
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const lengths = Array.from({ length: 200 }, (_, i) => bytes(i % 40));
  const texts = [
    '',
    'order-1',
    'user_123',
    'tenant-7:order-1',
    'Zoë Ångström',
    '客户-42',
    '🚀',
    ' ',
    '\u0000',
    'A'.repeat(1_000),
  ];
  const numbered = Array.from({ length: 50 }, (_, i) => `order-${i}`);
  const uuids = Array.from({ length: 50 }, () =>
    bytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  );
  return [...lengths, ...[...texts, ...numbered, ...uuids].map((one) => Buffer.from(one))];
}

const libs = await installKafka();
const source = join(import.meta.dirname, 'JavaPartitions.java');
const java = spawnBound('java', ['-cp', join(libs, '*'), source, ...partitionCounts.map(String)], {
  stdio: ['pipe', 'pipe', 2],
});
const recorded = keys();
java.stdin!.end(recorded.map((key) => `${key.toString('hex')}\n`).join(''));
const [code, answers] = await Promise.all([exited(java), text(java.stdout!)]);
if (code !== 0) throw new Error(`java ended with ${code}`);
const rows = answers
  .trim()
  .split('\n')
  .map((line, i) => {
    const [hash, ...partitions] = line.split(' ').map(Number);
    return JSON.stringify({ key: recorded[i]!.toString('hex'), hash, partitions });
  });
if (rows.length !== recorded.length)
  throw new Error(`${recorded.length} keys went in, ${rows.length} answers came out`);
const head = `"kafka": "${kafkaVersion}",\n  "partitionCounts": ${JSON.stringify(partitionCounts)},`;
await writeFile(output, `{\n  ${head}\n  "keys": [\n    ${rows.join(',\n    ')}\n  ]\n}\n`);
