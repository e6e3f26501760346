// A group with format: debezium handles the changes of a table: create, update and delete are events of their own, the
// tombstones behind deletes cost nothing, and what is no change event is a dead letter with its own bytes.
import { expect, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { commandProject } from './support/command-project.ts';
import { quickInline } from './support/quick.ts';

const topic = 'shop.public.orders';
const source = { connector: 'postgresql', schema: 'public', table: 'orders' };

test('S-110: changes of a table are events, each with the row before and after', async (t) => {
  const rows = new Map<unknown, unknown>();
  const rt = await startTestRuntime(t, {
    topics: { [topic]: { partitions: 1 } },
    group: { ...quickInline, name: 'mirror', format: 'debezium' },
    handlers: {
      'orders.c': ({ data }: Change) => void rows.set(data.after?.id, data.after),
      'orders.u': ({ data }: Change) => void rows.set(data.after?.id, data.after),
      'orders.d': ({ data }: Change) => void rows.delete(data.before?.id),
    },
  });
  const change = (id: number, op: string, before: object | null, after: object | null): TestRecord => [
    JSON.stringify({ schema: {}, payload: { id } }),
    { schema: {}, payload: { before, after, source, op } },
  ];
  const tombstone: TestRecord = [JSON.stringify({ schema: {}, payload: { id: 2 } }), undefined];
  await rt.publish(topic, [
    change(1, 'c', null, { id: 1, total: 10 }),
    change(2, 'c', null, { id: 2, total: 20 }),
    change(1, 'u', { id: 1, total: 10 }, { id: 1, total: 11 }),
    change(2, 'd', { id: 2, total: 20 }, null),
    tombstone,
    ['odd', { id: 3 }],
  ]);
  await rt.until(async () => (await rt.committed('mirror', topic, 0)) === 6n);
  expect([...rows]).toEqual([[1, { id: 1, total: 11 }]]);
  expect(rt.events('record.deadLettered').map(({ reason, key }) => [reason, key])).toEqual([['schema_error', 'odd']]);
  const [letter] = await rt.deadLetters(topic);
  expect(String(letter?.value)).toBe('{"id":3}');
});

test('a format that is not built is refused by name', async (t) => {
  const groups = { g: { topics: ['a'], handlers: './handlers.mjs', format: 'avro' } };
  const { exitCode, out, err } = await commandProject(t, "'*': () => {}", { groups }).run('validate', 'manifest.yaml');
  expect(exitCode).toBe(1);
  expect(out + err).toMatch(/groups\.g\.format.*not supported yet/);
});

interface Change {
  readonly data: { readonly before: { id: number } | null; readonly after: { id: number } | null };
}
