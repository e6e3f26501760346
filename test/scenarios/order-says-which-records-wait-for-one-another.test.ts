// `concurrency.order`, `keyFrom` and `nullKey` decide which records of a partition may run at the same time, and those
// that may not keep the order of their offsets: in one thread, and in two that share the partition (`split: workers`).
// Row S-44.
import { expect, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { mostAtOnce, scripted, told } from './support/calls.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

/** Every record waits at a gate, so all that may run at once do. */
const cases: readonly {
  readonly name: string;
  readonly concurrency: object;
  readonly records: readonly TestRecord[];
  /** Offsets that wait for one another. */
  readonly lanes: readonly (readonly number[])[];
}[] = [
  {
    name: 'order: key',
    concurrency: {},
    records: [record('a'), record('b'), record('a'), record('b')],
    lanes: [
      [0, 2],
      [1, 3],
    ],
  },
  {
    name: 'order: partition',
    concurrency: { order: 'partition' },
    records: [record('a'), record('b'), record('c')],
    lanes: [[0, 1, 2]],
  },
  {
    name: 'order: none',
    concurrency: { order: 'none' },
    records: [record('a'), record('a'), record('a')],
    lanes: [[0], [1], [2]],
  },
  {
    name: 'an empty key is a key, no key is none',
    concurrency: {},
    records: [record(''), record(null), record(''), record(null)],
    lanes: [
      [0, 2],
      [1, 3],
    ],
  },
  {
    name: 'nullKey: none',
    concurrency: { nullKey: 'none' },
    records: [record(null), record('a'), record(null), record('a')],
    lanes: [[0], [1, 3], [2]],
  },
  {
    name: 'keyFrom: header',
    concurrency: { keyFrom: 'header:tenant' },
    records: [record('a', 'x'), record('a', 'y'), record('b', 'x'), record('b'), record('c')],
    lanes: [[0, 2], [1], [3, 4]],
  },
  {
    name: 'keyFrom: a field of the value',
    concurrency: { keyFrom: '$.customer.id' },
    records: [record('a', '', 7), record('a', '', 8), record('b', '', 7), record('b')],
    lanes: [[0, 2], [1], [3]],
  },
];

function record(key: string | null, tenant = '', customer: number | null = null): TestRecord {
  const value = customer === null ? {} : { customer: { id: customer } };
  return [key, value, tenant === '' ? {} : { tenant }];
}

const splits = cases.flatMap((one) => [
  { ...one, split: 'none' },
  ...(one.name === 'order: partition' ? [] : [{ ...one, split: 'workers' }]),
]);

for (const { name, concurrency, records, lanes, split } of splits) {
  test(`order says which records wait for one another: ${name}, split: ${split}`, async (t) => {
    const all = gate(t);
    const rt = await startTestRuntime(t, {
      topics: { orders: { partitions: 1 } },
      group: { ...quick, name: 'billing', concurrency: { ...quick.concurrency, ...concurrency, split } },
      handlers: scripted,
    });
    await rt.publish(
      'orders',
      records.map(
        ([key, value, headers = {}]) => [key, { ...(value as object), waitsFor: all.path }, headers] as const,
      ),
    );
    const began = () => told(rt).flatMap(({ what, offset }) => (what === 'began' ? offset : []));
    await rt.until(() => began().length >= lanes.length);
    // One of each lane, the first one, and no other: those that follow would have begun in the same breath.
    expect(began().toSorted((a, b) => a - b)).toEqual(lanes.map(([first]) => first));
    all.open();
    await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === BigInt(records.length));
    for (const lane of lanes) {
      const calls = told(rt).filter(({ offset }) => lane.includes(offset));
      expect(mostAtOnce(calls)).toBe(1);
      expect(calls.flatMap(({ what, offset }) => (what === 'began' ? offset : []))).toEqual(lane);
    }
    expect(rt.count('record.retried')).toBe(0);
  });
}
