// Records that eventsource-py has written, kept as bytes: what a handler reads from them. Needs no Python.
// Row S-10.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RawHeader } from '../../runtime/core/thread-messages.ts';
import type { Context } from '../../runtime/handler/context.ts';
import type { Event } from '../../runtime/handler/event.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { pythonPeersFolder } from '../../scripts/real/python.ts';

interface Golden {
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  readonly partition: number;
  readonly key: string;
  /** Base64. */
  readonly value: string;
  readonly headers: readonly (readonly [string, string])[];
}

const golden: readonly Golden[] = JSON.parse(readFileSync(join(pythonPeersFolder, 'golden.json'), 'utf8')).records;
const order = '11111111-1111-4111-8111-111111111111';
const first = {
  id: '00000001-0000-4000-8000-000000000000',
  type: 'OrderPlaced',
  aggregateId: order,
  aggregateVersion: 1,
};
const atFive = '2025-01-02T03:04:05';

/** What each of them says, by name; what is not named is the same for all. */
const expected: Readonly<Record<string, object>> = {
  plain: { ...first, occurredAt: new Date(`${atFive}Z`) },
  traced: {
    ...first,
    id: '00000002-0000-4000-8000-000000000000',
    aggregateVersion: 2,
    occurredAt: new Date(`${atFive}.123Z`),
  },
  'all ids': {
    ...{ id: '00000003-0000-4000-8000-000000000000', type: 'OrderShipped', aggregateId: order, aggregateVersion: 3 },
    ...{ tenantId: '00000007-0000-4000-8000-000000000000', causationId: first.id, actorId: 'user:ann' },
    occurredAt: new Date(`${atFive}.120Z`),
  },
  'unicode and offset time zone': {
    ...{ ...first, id: '00000004-0000-4000-8000-000000000000', aggregateId: '0000002c-0000-4000-8000-000000000000' },
    ...{ actorId: 'Zoë Ångström 🚀', occurredAt: new Date('2025-01-02T01:04:05Z') },
  },
  // A time without a zone is that of this machine, as in Python.
  'rich field types': {
    ...{ ...first, id: '00000005-0000-4000-8000-000000000000', aggregateId: '0000002d-0000-4000-8000-000000000000' },
    ...{ type: 'Rich', occurredAt: new Date(atFive) },
  },
  'retry copy 1 of 3': { ...first, occurredAt: new Date(`${atFive}Z`) },
  'dead letter': { ...first, occurredAt: new Date(`${atFive}Z`) },
  'replayed from the dead letter queue': {
    ...first,
    occurredAt: new Date(`${atFive}Z`),
    isReplay: true,
    replayCount: 1,
  },
};

test('every record of golden.json is expected here', () => {
  expect(golden.map(({ name }) => name)).toEqual(Object.keys(expected));
});

test.each(golden)('$name', async (record) => {
  const seen: object[] = [];
  const rt = await startTestRuntime(
    { onTestFinished },
    {
      topics: { [record.topic]: { partitions: record.partitions } },
      group: { topics: [record.topic] },
      handler: (event: Event, ctx: Context) => {
        seen.push(fieldsOf(event, ctx));
      },
    },
  );
  const headers = record.headers.map(([name, value]): RawHeader => [name, Buffer.from(value)]);
  const value = Buffer.from(record.value, 'base64');
  await rt.publish(record.topic, [{ key: Buffer.from(record.key), value, headers }]);
  await rt.until(() => seen.length === 1);
  expect(seen).toEqual([
    {
      ...{ key: record.key, aggregateType: 'Order', correlationId: '00000009-0000-4000-8000-000000000000' },
      ...{ tenantId: undefined, causationId: undefined, actorId: undefined, isReplay: false, replayCount: 0 },
      // The Python client has chosen the partition by the same hash.
      ...{ partition: record.partition, data: JSON.parse(String(value)) },
      ...{ value, headers },
      ...expected[record.name],
    },
  ]);
});

function fieldsOf(event: Event, ctx: Context): object {
  const { id, type, key, aggregateId, aggregateType, aggregateVersion, occurredAt, correlationId } = event;
  const { causationId, tenantId, actorId, partition, data } = event;
  const raw = event.raw();
  return {
    ...{ id, type, key, aggregateId, aggregateType, aggregateVersion, occurredAt, correlationId },
    ...{ causationId, tenantId, actorId, partition, data, isReplay: ctx.isReplay, replayCount: ctx.replayCount },
    value: Buffer.from(raw.value!),
    headers: raw.headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value)]),
  };
}
