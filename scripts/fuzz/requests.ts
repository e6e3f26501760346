/**
 * Requests to a broker: real ones from the golden file, and ones made from the descriptions, with the names and numbers
 * that the broker knows, so that they get past its first checks. Many are broken afterwards.
 */
import type { Random } from '../../runtime/core/random.ts';
import { apisByKey } from '../../runtime/protocol/apis.ts';
import { writeSubscription } from '../../runtime/protocol/consumer-protocol.ts';
import { writeRequestHeader } from '../../runtime/protocol/frame.ts';
import { Writer } from '../../runtime/protocol/writer.ts';
import { SamplingWords, sampleOf } from '../../test/unit/protocol/sampling-words.ts';
import { chance, noise, pick, whole } from './choose.ts';
import { mutate } from './mutate.ts';
import { goldenRequests } from './seeds.ts';
import { oneBatch } from './targets/records.ts';

const apis = [...apisByKey.values()];
const names = ['orders', 'payments', 'billing', 'consumer', 'range', 'member-1', 'pod-1', 'tx-1', '', '__proto__'];
const configs = [
  'retention.ms',
  'cleanup.policy',
  'compact',
  '604800000',
  'max.message.bytes',
  '-1',
  'min.insync.replicas',
];
const numbers = [0, 0, 1, -1, 2, 3, 60, 100];
const subscription = writeSubscription({
  ...{ version: 3, topics: ['orders'], userData: null, owned: [], generation: 1, rackId: null },
});

/** A frame's content, header included. */
export function request(random: Random): Buffer {
  const whole = chance(random, 0.3) ? pick(random, goldenRequests) : madeRequest(random);
  return chance(random, 0.5) ? whole : mutate(random, whole, goldenRequests);
}

/** With its length in front, which sometimes is a lie. */
export function frame(random: Random, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(chance(random, 0.99) ? content.length : whole(random, 2 ** 32) - 2 ** 31);
  return Buffer.concat([length, content]);
}

function madeRequest(random: Random): Buffer {
  const api = pick(random, apis);
  const [min, max] = api.versions;
  const version = min + whole(random, max - min + 1);
  const flexible = api.isFlexible(version);
  const value = familiar(random, sampleOf(api.request(new SamplingWords(flexible), version), random));
  const writer = new Writer();
  const correlationId = whole(random, 2 ** 31);
  writeRequestHeader(writer, { apiKey: api.key, apiVersion: version, correlationId, clientId: 'fuzz' }, flexible);
  writer.raw(api.writeRequest(value, version));
  return writer.bytes();
}

/** The same shape; most texts, numbers and bytes replaced by ones that mean something. */
function familiar(random: Random, value: unknown): unknown {
  if (Buffer.isBuffer(value)) return chance(random, 0.2) ? value : familiarBytes(random);
  if (Array.isArray(value)) return value.map((element) => familiar(random, element));
  if (typeof value === 'number') return chance(random, 0.3) ? value : pick(random, numbers);
  if (typeof value === 'string') return familiarText(random, value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, familiar(random, field)]));
}

function familiarText(random: Random, text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return chance(random, 0.7) ? '0'.repeat(32) : text; // an id, not a name
  if (chance(random, 0.2)) return text;
  return pick(random, chance(random, 0.8) ? names : configs);
}

function familiarBytes(random: Random): Buffer {
  const kind = random();
  if (kind < 0.4) return oneBatch(random);
  return kind < 0.7 ? subscription : noise(random, whole(random, 40));
}
