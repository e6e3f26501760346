// Events come back as they went in, and of two writers of one aggregate one is told that it came second.
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ConcurrencyError } from '../../runtime/store/index.ts';
import { describeStores, fresh } from './support/stores.ts';

const happened = (n: number) => ({ type: 'Happened', data: { n } });

describeStores('event store', (under) => {
  test('an event comes back as it went in', async () => {
    const aggregate = fresh();
    const event = {
      id: randomUUID(),
      type: 'OrderPlaced',
      occurredAt: new Date('2025-01-02T03:04:05.678Z'),
      correlationId: 'request 7',
      causationId: randomUUID(),
      tenantId: 'acme',
      actorId: 'user:Zoë',
      data: { z: 1, a: [1.5, null, { deep: true }], text: '客户 "q" </é\u2028\u0000\t' },
    };
    const stored = await under.store.events.append(aggregate, [event], { expectedVersion: 0 });
    const expected = { ...event, aggregateType: 'Order', aggregateId: aggregate.id, aggregateVersion: 1 };
    expect(stored).toEqual([{ ...expected, position: expect.any(BigInt) }]);
    const [loaded] = await under.store.events.load(aggregate);
    expect(loaded).toEqual(stored[0]);
    expect(Object.keys(loaded!.data as object)).toEqual(['z', 'a', 'text']);
  });

  test('what an event does not say is filled in: an id, the time, one correlation id for an append', async () => {
    const before = Date.now();
    const [one, two] = await under.store.events.append(fresh(), [happened(1), happened(2)], { expectedVersion: 0 });
    expect(one!.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(two!.id).not.toBe(one!.id);
    expect(one!.occurredAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(two!.correlationId).toBe(one!.correlationId);
    expect(one).toMatchObject({ causationId: undefined, tenantId: undefined, actorId: undefined });
  });

  test('versions go on, positions ascend, and an aggregate can be read from any version', async () => {
    const aggregate = fresh();
    const { events } = under.store;
    await events.append(aggregate, [happened(1), happened(2)], { expectedVersion: 0 });
    await events.append(aggregate, [happened(3)], { expectedVersion: 2 });
    const all = await events.load(aggregate);
    expect(all.map(({ aggregateVersion, data }) => [aggregateVersion, data])).toEqual([
      [1, { n: 1 }],
      [2, { n: 2 }],
      [3, { n: 3 }],
    ]);
    expect(all.map(({ position }) => position)).toEqual(all.map(({ position }) => position).toSorted());
    expect((await events.load(aggregate, 2)).map(({ aggregateVersion }) => aggregateVersion)).toEqual([2, 3]);
    expect((await events.load(aggregate, 1, 2)).map(({ aggregateVersion }) => aggregateVersion)).toEqual([1, 2]);
    expect(await events.load(fresh())).toEqual([]);
  });

  test('an id belongs to one type: the same id under another one is another aggregate', async () => {
    const order = fresh('Order');
    await under.store.events.append(order, [happened(1)], { expectedVersion: 0 });
    await under.store.events.append({ type: 'Invoice', id: order.id }, [happened(2)], { expectedVersion: 0 });
    expect(await under.store.events.load(order)).toHaveLength(1);
  });

  test('two writers of one aggregate: one conflict, and no event is lost', async () => {
    const aggregate = fresh();
    const { events } = under.store;
    await events.append(aggregate, [happened(0)], { expectedVersion: 0 });
    const writers = await Promise.allSettled([
      events.append(aggregate, [happened(1), happened(2)], { expectedVersion: 1 }),
      events.append(aggregate, [happened(10), happened(20)], { expectedVersion: 1 }),
    ]);
    const refused = writers.filter((writer) => writer.status === 'rejected');
    const accepted = writers.filter((writer) => writer.status === 'fulfilled');
    expect([accepted.length, refused.length]).toEqual([1, 1]);
    expect(refused[0]!.reason).toBeInstanceOf(ConcurrencyError);
    expect(refused[0]!.reason).toMatchObject({ aggregate, expected: 1, found: 3, retryable: true });
    expect((await events.load(aggregate)).slice(1)).toEqual(accepted[0]!.value);
  });

  test.each([
    [0, 2],
    [1, 2],
    [3, 2],
    [99, 2],
  ])('expected version %i, found %i: a conflict that says so', async (expectedVersion, found) => {
    const aggregate = fresh();
    const { events } = under.store;
    await events.append(aggregate, [happened(1), happened(2)], { expectedVersion: 0 });
    const conflict = await events.append(aggregate, [happened(3)], { expectedVersion }).catch((error) => error);
    expect(conflict).toMatchObject({
      name: 'ConcurrencyError',
      code: 'RT_STORE_CONFLICT',
      expected: expectedVersion,
      found,
      message: `Order ${aggregate.id} is at version 2, expected ${expectedVersion}: it has changed since it was loaded`,
    });
    expect(await events.load(aggregate)).toHaveLength(2);
  });

  test('an append that is repeated with the same ids, since its answer was lost, is no conflict', async () => {
    const aggregate = fresh();
    const events = [
      { ...happened(1), id: randomUUID() },
      { ...happened(2), id: randomUUID() },
    ];
    const first = await under.store.events.append(aggregate, events, { expectedVersion: 0 });
    const again = await under.store.events.append(aggregate, events, { expectedVersion: 0 });
    expect(again).toEqual(first);
    expect(await under.store.events.load(aggregate)).toHaveLength(2);
  });

  test('an id that another event has is refused', async () => {
    const id = randomUUID();
    await under.store.events.append(fresh(), [{ ...happened(1), id }], { expectedVersion: 0 });
    const other = fresh();
    const again = under.store.events.append(other, [{ ...happened(2), id }], { expectedVersion: 0 });
    await expect(again).rejects.toMatchObject({ code: 'RT_STORE_EVENT', message: expect.stringContaining(id) });
    expect(await under.store.events.load(other)).toEqual([]);
  });

  test.each([
    ['type', { type: '', data: {} }, 'event 2 of 2: type: want the name of an event type, got string '],
    ['data', { type: 'X', data: [1] }, 'event 2 of 2: data: want an object, got object 1'],
    ['id', { type: 'X', data: {}, id: 'order-1' }, 'event 2 of 2: id: want a uuid, got string order-1'],
    ['occurredAt', { type: 'X', data: {}, occurredAt: new Date('no') }, 'event 2 of 2: occurredAt: want a valid Date'],
  ])('an event with a wrong %s is refused, and none of its append is stored', async (_field, event, message) => {
    const aggregate = fresh();
    const appended = under.store.events.append(aggregate, [happened(1), event], { expectedVersion: 0 });
    await expect(appended).rejects.toMatchObject({ code: 'RT_STORE_EVENT', message: expect.stringContaining(message) });
    expect(await under.store.events.load(aggregate)).toEqual([]);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 31])('an expected version of %d is refused', async (expectedVersion) => {
    const appended = under.store.events.append(fresh(), [happened(1)], { expectedVersion });
    await expect(appended).rejects.toMatchObject({ code: 'RT_STORE_EVENT' });
  });

  test('an error of the database does not carry the data of an event', async () => {
    const secret = { type: 'Secret', data: { card: '4111-1111' }, actorId: 'nul \u0000' };
    const failed = await under.store.events.append(fresh(), [secret], { expectedVersion: 0 }).catch((error) => error);
    expect(failed).toMatchObject({ code: 'RT_STORE_REFUSED', sqlState: '22P05', retryable: false });
    expect(inspect(failed, { depth: 5 })).not.toContain('4111-1111');
  });

  test('nothing to append is nothing', async () => {
    expect(await under.store.events.append(fresh(), [], { expectedVersion: 0 })).toEqual([]);
  });

  test('inside a transaction events go with it', async () => {
    const aggregate = fresh();
    const { sql, events } = under.store;
    const failed = sql.transaction(async (tx) => {
      await events.within(tx).append(aggregate, [happened(1)], { expectedVersion: 0, topic: 'orders.stream' });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await events.load(aggregate)).toEqual([]);
    expect(await under.store.outbox.count()).toBe(0);
  });

  test('a conflict inside a transaction leaves the rest of it as it was', async () => {
    const [taken, free] = [fresh(), fresh()];
    const { sql, events } = under.store;
    await events.append(taken, [happened(1)], { expectedVersion: 0 });
    await sql.transaction(async (tx) => {
      const conflict = await events
        .within(tx)
        .append(taken, [happened(2)], { expectedVersion: 0 })
        .catch((error) => error);
      expect(conflict).toMatchObject({ expected: 0, found: 1 });
      await events.within(tx).append(free, [happened(3)], { expectedVersion: 0 });
    });
    expect(await events.load(free)).toHaveLength(1);
  });

  test('a transaction whose statement failed does not pass for committed, though the error was caught', async () => {
    const aggregate = fresh();
    const caught = under.store.sql.transaction(async (tx) => {
      await under.store.events.within(tx).append(aggregate, [happened(1)], { expectedVersion: 0 });
      await tx.query('select 1 / 0').catch(() => {});
    });
    await expect(caught).rejects.toMatchObject({ code: 'RT_STORE_REFUSED', sqlState: '22012' });
    expect(await under.store.events.load(aggregate)).toEqual([]);
  });
});
