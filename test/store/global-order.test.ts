// A reader of all events meets each of them once, in one order, however appends overlap: no gap is filled behind it.
import { expect, test } from 'vitest';
import { type EventStore, openStore, type StoredEvent } from '../../runtime/store/index.ts';
import { until } from '../../runtime/testing/until.ts';
import { describePostgres, describeStores, fresh, type StoreUnderTest } from './support/stores.ts';

const happened = (n: number) => ({ type: 'Happened', data: { n } });
const writers = 12;
const appendsOfEach = 40;

async function lastPosition({ store }: StoreUnderTest): Promise<bigint> {
  const [row] = await store.sql.query<{ last: bigint | null }>('select max(position) as last from store_events');
  return row?.last ?? 0n;
}

describeStores('order of all events', (under) => {
  test('a reader that runs beside many writers sees every event exactly once and in one order', async () => {
    const { events, sql } = under.store;
    const start = await lastPosition(under);
    const seen: StoredEvent[] = [];
    const writing = Promise.all(
      Array.from({ length: writers }, async () => {
        const aggregate = fresh();
        for (let n = 0; n < appendsOfEach; n += 2) {
          const append = (store: EventStore, more: number) =>
            store.append(aggregate, [happened(n + more)], { expectedVersion: n + more });
          // Some transactions go on after their append, so that others overtake them.
          await sql.transaction(async (tx) => {
            await append(events.within(tx), 0);
            for (let query = n % 4; query > 0; query--) await tx.query('select 1');
          });
          await append(events, 1);
        }
      }),
    );
    await until(async () => {
      seen.push(...(await events.readAll(seen.at(-1)?.position ?? start, { limit: 7 })));
      return seen.length >= writers * appendsOfEach;
    });
    await writing;
    expect(await events.readAll(seen.at(-1)!.position)).toEqual([]);
    expect(seen).toHaveLength(writers * appendsOfEach);
    const positions = seen.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => Number(a - b)));
    expect(new Set(positions).size).toBe(positions.length);
    for (const ofOne of Map.groupBy(seen, ({ aggregateId }) => aggregateId).values()) {
      expect(ofOne.map(({ aggregateVersion }) => aggregateVersion)).toEqual(ofOne.map((_, index) => index + 1));
    }
  });

  test('pages go on where the last one ended, and the last one is empty', async () => {
    const { events } = under.store;
    const start = await lastPosition(under);
    const aggregate = fresh();
    await events.append(aggregate, [1, 2, 3, 4, 5].map(happened), { expectedVersion: 0 });
    const first = await events.readAll(start, { limit: 3 });
    const second = await events.readAll(first.at(-1)!.position, { limit: 3 });
    expect([...first, ...second]).toEqual(await events.load(aggregate));
    expect(await events.readAll(second.at(-1)!.position, { limit: 3 })).toEqual([]);
  });

  test('an append that failed leaves a gap that nobody waits for', async () => {
    const { events, sql } = under.store;
    const start = await lastPosition(under);
    const failed = sql.transaction(async (tx) => {
      await events.within(tx).append(fresh(), [happened(1)], { expectedVersion: 0 });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    const [stored] = await events.append(fresh(), [happened(2)], { expectedVersion: 0 });
    expect(stored!.position).toBeGreaterThan(start + 1n);
    expect(await events.readAll(start)).toEqual([stored]);
  });

  test('inside a transaction it is refused, since it waits for others', async () => {
    const read = under.store.sql.transaction((tx) => under.store.events.within(tx).readAll());
    await expect(read).rejects.toThrow('not inside a transaction');
  });
});

describePostgres('order of all events', (under) => {
  /** An append whose transaction is open until `commit`. */
  async function openAppend() {
    const { store } = under;
    const appended = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const done = store.sql.transaction(async (tx) => {
      await store.events.within(tx).append(fresh(), [happened(1)], { expectedVersion: 0 });
      appended.resolve();
      await end.promise;
    });
    await appended.promise;
    const commit = async (): Promise<void> => {
      end.resolve();
      await done;
    };
    const rollBack = async (): Promise<void> => {
      end.reject(new Error('no'));
      await done.catch(() => {});
    };
    return { commit, rollBack };
  }

  /** Long enough for a read that waits for nothing to come back. */
  async function manyRoundTrips(): Promise<void> {
    for (let n = 0; n < 100; n++) await under.store.sql.query('select 1');
  }

  test('what is committed later and drawn earlier comes first: the reader waits for it', async () => {
    const { events } = under.store;
    const start = await lastPosition(under);
    const earlier = await openAppend();
    const [later] = await events.append(fresh(), [happened(2)], { expectedVersion: 0 });
    const page = events.readAll(start);
    await manyRoundTrips();
    await earlier.commit();
    expect((await page).map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }]);
    expect((await page)[1]).toEqual(later);
  });

  test('it waits only for appends that had begun, and shows nothing beyond those that come after', async () => {
    const { events } = under.store;
    const start = await lastPosition(under);
    const earlier = await openAppend();
    await events.append(fresh(), [happened(2)], { expectedVersion: 0 });
    const page = events.readAll(start);
    await manyRoundTrips();
    const next = await openAppend();
    await events.append(fresh(), [happened(4)], { expectedVersion: 0 });
    await earlier.rollBack();
    expect((await page).map(({ data }) => data)).toEqual([{ n: 2 }]);
    await next.commit();
  });

  test('a long transaction that appends nothing holds nobody up', async () => {
    const { store } = under;
    const start = await lastPosition(under);
    await store.sql.transaction(async (tx) => {
      await tx.query('create table busy (n integer)');
      const [stored] = await store.events.append(fresh(), [happened(1)], { expectedVersion: 0 });
      expect(await store.events.readAll(start)).toEqual([stored]);
    });
  });

  test('a reader that need not wait any longer stops', async () => {
    const { events } = under.store;
    const start = await lastPosition(under);
    const earlier = await openAppend();
    const stop = new AbortController();
    const page = events.readAll(start, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(page).rejects.toThrow('enough');
    await earlier.commit();
  });

  test('an append of another connection pool is waited for as well', async () => {
    const start = await lastPosition(under);
    const other = await openStore(under.url);
    try {
      const earlier = await openAppend();
      await other.events.append(fresh(), [happened(2)], { expectedVersion: 0 });
      const page = other.events.readAll(start);
      await manyRoundTrips();
      await earlier.commit();
      expect((await page).map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }]);
    } finally {
      await other.close();
    }
  });
});
