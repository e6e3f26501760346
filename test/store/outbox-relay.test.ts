// A record leaves the outbox when it is acknowledged, not before, and those of one key leave in order.
// Row P-52.
import { expect, test } from 'vitest';
import { createRelay, type OutboundRecord, openStore, type RelayOptions } from '../../runtime/store/index.ts';
import { until } from '../../runtime/testing/until.ts';
import { describePostgres, describeStores, type StoreUnderTest } from './support/stores.ts';

const topic = 'orders.stream';
const backoff = { baseDelayMs: 1, maxDelayMs: 5, jitter: 0 };

const named = ({ key, value }: OutboundRecord): string =>
  `${textOf(key)}${(JSON.parse(textOf(value)) as { n: number }).n}`;
const textOf = (bytes: Uint8Array | null): string => Buffer.from(bytes!).toString();

/** Puts `a1` as event 1 of key `a` into the outbox. */
async function queue({ store }: StoreUnderTest, ...names: readonly string[]): Promise<void> {
  const events = names.map((name) => ({ topic, type: 'T', key: name[0]!, data: { n: Number(name.slice(1)) } }));
  await store.sql.transaction((tx) => store.outbox.add(tx, events));
}

/** A relay that runs until the test ends. */
function startRelay(under: StoreUnderTest, options: Pick<RelayOptions, 'publish'> & Partial<RelayOptions>) {
  const stop = new AbortController();
  const relay = createRelay({ database: under.store.sql, backoff, pollMs: 5, ...options });
  const running = relay.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { relay, end, [Symbol.asyncDispose]: end };
}

const empty = async ({ store }: StoreUnderTest): Promise<boolean> => (await store.outbox.count()) === 0;

describeStores('outbox and relay', (under) => {
  test('every record is published once, in order per key, and is gone then', async () => {
    const names = Array.from({ length: 60 }, (_, n) => `${'abc'[n % 3]}${n}`);
    await queue(under, ...names);
    const published: string[] = [];
    const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
      published.push(...records.map(named));
    };
    await using _relay = startRelay(under, { publish, pageRecords: 7 });
    await until(() => empty(under));
    for (const key of 'abc') {
      expect(published.filter((name) => name[0] === key)).toEqual(names.filter((name) => name[0] === key));
    }
    expect(published).toHaveLength(names.length);
  });

  test('a record stays until it is acknowledged, and the next one of its key is not published before', async () => {
    await queue(under, 'a1', 'a2', 'b1');
    const acknowledge = Promise.withResolvers<void>();
    const asked: string[] = [];
    const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
      asked.push(...records.map(named));
      await acknowledge.promise;
    };
    await using _relay = startRelay(under, { publish });
    await until(() => asked.length === 2);
    expect(asked.toSorted()).toEqual(['a1', 'b1']);
    expect(await under.store.outbox.count()).toBe(3);
    acknowledge.resolve();
    await until(() => empty(under));
    expect(asked.toSorted()).toEqual(['a1', 'a2', 'b1']);
  });

  test('a key whose record is refused waits, is tried again from there, and does not hold up others', async () => {
    await queue(under, 'a1', 'b1');
    const published: string[] = [];
    const failures: unknown[] = [];
    let refuses = true;
    const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
      if (refuses && records.some((record) => named(record) === 'a1')) throw new Error('too large');
      published.push(...records.map(named));
    };
    await using _relay = startRelay(under, { publish, pageRecords: 1, onFailure: (failure) => failures.push(failure) });
    await queue(under, 'a2', 'b2', 'a3', 'c1');
    await until(() => published.length === 3);
    expect(published).toEqual(['b1', 'b2', 'c1']);
    await until(async () => (await under.store.outbox.count()) === 3);
    expect(failures[0]).toMatchObject({ kind: 'publish', error: { message: 'too large' } });
    refuses = false;
    await until(() => empty(under));
    expect(published).toEqual(['b1', 'b2', 'c1', 'a1', 'a2', 'a3']);
  });

  test('a relay that is woken looks at once', async () => {
    const published: string[] = [];
    const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
      published.push(...records.map(named));
    };
    await using running = startRelay(under, { publish, pollMs: 3_600_000 });
    await queue(under, 'a1');
    running.relay.wake();
    await until(() => published.length === 1);
    await queue(under, 'a2');
    running.relay.wake();
    await until(() => published.length === 2 && empty(under));
  });

  test('when it is stopped it waits for what is on its way, and takes nothing more', async () => {
    await queue(under, 'a1', 'a2');
    const asked: string[] = [];
    const acknowledge = Promise.withResolvers<void>();
    const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
      asked.push(...records.map(named));
      await acknowledge.promise;
    };
    const running = startRelay(under, { publish, pageRecords: 1 });
    await until(() => asked.length === 1);
    const ended = running.end();
    acknowledge.resolve();
    await ended;
    expect(asked).toEqual(['a1']);
    expect(await under.store.outbox.count()).toBe(1);
    await under.store.sql.query('delete from store_outbox');
  });

  test('of two relays on one store one leads, and the other one goes on when it ends', async () => {
    await queue(under, 'a1');
    const log: string[] = [];
    const publishAs = (who: string) => async (records: readonly OutboundRecord[]) => {
      log.push(...records.map((record) => `${who}:${named(record)}`));
    };
    const first = startRelay(under, { publish: publishAs('first') });
    await until(() => log.length === 1);
    await using _second = startRelay(under, { publish: publishAs('second') });
    for (let n = 2; n <= 20; n++) {
      await queue(under, `a${n}`);
      await until(() => log.length === n);
    }
    expect(log.every((line) => line.startsWith('first:'))).toBe(true);
    await first.end();
    await queue(under, 'a21');
    await until(() => empty(under));
    expect(log.at(-1)).toBe('second:a21');
  });

  test('an event without a key, a tombstone and headers arrive as they are', async () => {
    await under.store.sql.transaction((tx) =>
      under.store.outbox.add(tx, [
        { topic, type: 'Deleted', key: 'a', data: null, headers: { note: new Uint8Array([0, 255]), other: 'é' } },
        { topic, type: 'Tick', key: null, data: {} },
      ]),
    );
    const published: OutboundRecord[] = [];
    const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
      published.push(...records);
    };
    await using _relay = startRelay(under, { publish });
    await until(() => published.length === 2 && empty(under));
    const [tombstone, tick] = published.toSorted((a, b) => Number(a.key === null) - Number(b.key === null));
    expect(tombstone!.value).toBeNull();
    const bytes = (name: string) => [...(tombstone!.headers.find(([one]) => one === name)?.[1] ?? [])];
    expect(bytes('note')).toEqual([0, 255]);
    expect(bytes('other')).toEqual([...Buffer.from('é')]);
    expect(tick!.key).toBeNull();
  });
});

describePostgres('outbox and relay', (under) => {
  test('a leader that loses its connection leads again, and nothing is lost', async () => {
    const published: string[] = [];
    const failures: { readonly kind: string }[] = [];
    const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
      published.push(...records.map(named));
    };
    const other = await openStore(under.url);
    try {
      await using _relay = startRelay(under, { publish, onFailure: (failure) => failures.push(failure) });
      await queue(under, 'a1');
      await until(() => published.includes('a1'));
      await other.sql.query(
        `select pg_terminate_backend(pid) from pg_locks
         where locktype = 'advisory' and objid = 'store_outbox'::regclass::oid and pid <> pg_backend_pid()`,
      );
      await other.sql.transaction((tx) => other.outbox.add(tx, [{ topic, type: 'T', key: 'a', data: { n: 2 } }]));
      await until(() => empty(under));
      expect([...new Set(published)]).toEqual(['a1', 'a2']);
    } finally {
      await other.close();
    }
  });

  test('a relay leaves connections to others, however few there are', async () => {
    const few = await openStore(under.url, { connectionsMax: 1 });
    try {
      const published: string[] = [];
      const publish = async (records: readonly OutboundRecord[]): Promise<void> => {
        published.push(...records.map(named));
      };
      await using _relay = startRelay({ store: few, url: under.url }, { publish });
      await queue({ store: few, url: under.url }, 'a1');
      await until(() => published.length === 1);
      await queue({ store: few, url: under.url }, 'a2');
      await until(() => published.length === 2);
    } finally {
      await few.close();
    }
  });

  test('a leader in another process, by its own connections, keeps this one a follower', async () => {
    const other = await openStore(under.url);
    try {
      const log: string[] = [];
      const publishAs = (who: string) => async (records: readonly OutboundRecord[]) => {
        log.push(...records.map((record) => `${who}:${named(record)}`));
      };
      await queue(under, 'a1');
      const there = startRelay({ store: other, url: under.url }, { publish: publishAs('there') });
      await until(() => log.length === 1);
      await using _here = startRelay(under, { publish: publishAs('here') });
      await queue(under, 'a2');
      await until(() => log.length === 2);
      await there.end();
      await queue(under, 'a3');
      await until(() => log.length === 3);
      expect(log).toEqual(['there:a1', 'there:a2', 'here:a3']);
    } finally {
      await other.close();
    }
  });
});
