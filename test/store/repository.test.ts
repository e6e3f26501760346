// Load, decide, save: with what others did meanwhile, with snapshots, and with the outbox in the same transaction.
// Row S-13.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createRelay, type OutboundRecord, Repository, type RepositoryOptions } from '../../runtime/store/index.ts';
import { until } from '../../runtime/testing/until.ts';
import { Account } from './support/account.ts';
import { describeStores } from './support/stores.ts';

describeStores('repository', (under) => {
  const accounts = (options: Partial<RepositoryOptions<Account>> = {}) =>
    new Repository({ type: 'Account', create: (id) => new Account(id), store: under.store, ...options });

  /** With `deposits` events of 1. */
  async function accountWith(deposits: number, options: Partial<RepositoryOptions<Account>> = {}): Promise<string> {
    const id = randomUUID();
    await accounts(options).update(id, (account) => {
      for (let n = 0; n < deposits; n++) account.deposit(1);
    });
    return id;
  }

  const queued = async (id: string): Promise<number> => {
    const [row] = await under.store.sql.query<{ count: bigint }>(
      `select count(*) as count from store_outbox where convert_from(key, 'UTF8') = $1`,
      [id],
    );
    return Number(row!.count);
  };

  test('what was saved is loaded', async () => {
    const id = randomUUID();
    const account = await accounts().load(id);
    expect([account.version, account.savedVersion]).toEqual([0, 0]);
    account.deposit(100);
    account.withdraw(30);
    expect([account.version, account.savedVersion]).toEqual([2, 0]);
    const stored = await accounts().save(account);
    expect(stored.map(({ type, aggregateVersion }) => [type, aggregateVersion])).toEqual([
      ['Deposited', 1],
      ['Withdrawn', 2],
    ]);
    expect([account.version, account.savedVersion]).toEqual([2, 2]);
    const loaded = await accounts().load(id);
    expect(loaded.state).toEqual({ balance: 70, changes: 2 });
    expect(() => loaded.withdraw(71)).toThrow('not enough: 70');
    expect(await accounts().save(loaded)).toEqual([]);
  });

  test('what happens while a save is under way is saved by the next one', async () => {
    const id = randomUUID();
    const account = await accounts().load(id);
    account.deposit(100);
    const saving = accounts().save(account);
    account.withdraw(30);
    expect(await saving).toHaveLength(1);
    expect([account.version, account.savedVersion]).toEqual([2, 1]);
    expect(await accounts().save(account)).toMatchObject([{ type: 'Withdrawn', aggregateVersion: 2 }]);
    expect((await accounts().load(id)).state.balance).toBe(70);
  });

  test('an aggregate of more events than one page is loaded whole', async () => {
    const id = await accountWith(1_201);
    expect((await accounts().load(id)).state.balance).toBe(1_201);
  });

  test('two that loaded the same version: the second save is a conflict, and nothing of it is stored or queued', async () => {
    const id = randomUUID();
    const repository = accounts({ topic: 'accounts.stream' });
    const [first, second] = [await repository.load(id), await repository.load(id)];
    first.deposit(1);
    second.deposit(2);
    await repository.save(first);
    await expect(repository.save(second)).rejects.toMatchObject({ name: 'ConcurrencyError', expected: 0, found: 1 });
    expect((await repository.load(id)).state.balance).toBe(1);
    expect(await queued(id)).toBe(1);
  });

  test('200 writers at once, each again after a conflict: the sum is right', async () => {
    const id = randomUUID();
    let conflicts = -200;
    const once = () =>
      accounts({ snapshots: { every: 20 } }).update(
        id,
        (account) => {
          conflicts++;
          account.deposit(1);
        },
        { attempts: 1_000 },
      );
    await Promise.all(Array.from({ length: 200 }, once));
    const account = await accounts().load(id);
    expect([account.version, account.state.balance]).toEqual([200, 200]);
    expect(conflicts).toBeGreaterThan(0);
  });

  test('an update gives up after its attempts, with the conflict', async () => {
    const id = await accountWith(1);
    let attempts = 0;
    const update = accounts().update(
      id,
      async (account) => {
        attempts++;
        await accounts().update(id, (other) => other.deposit(1));
        account.deposit(1);
      },
      { attempts: 3 },
    );
    await expect(update).rejects.toMatchObject({ name: 'ConcurrencyError', expected: 3, found: 4 });
    expect(attempts).toBe(3);
  });

  test('events carry what they were caused by', async () => {
    const id = randomUUID();
    const context = { correlationId: 'c-1', causationId: randomUUID(), tenantId: 'acme', actorId: 'user:ann' };
    await accounts().update(id, (account) => account.deposit(1), context);
    expect(await under.store.events.load({ type: 'Account', id })).toMatchObject([context]);
  });

  test('a snapshot after every n events spares reading what is before it', async () => {
    const snapshots = { every: 10 };
    const id = await accountWith(9, { snapshots });
    expect((await accounts({ snapshots }).load(id)).evolved).toBe(9);
    await accounts({ snapshots }).update(id, (account) => account.deposit(1));
    await accounts({ snapshots }).update(id, (account) => account.deposit(5));
    const loaded = await accounts({ snapshots }).load(id);
    expect([loaded.evolved, loaded.version, loaded.state.balance]).toEqual([1, 11, 15]);
  });

  test('a snapshot of another shape is not read, and gives way to one of the new shape', async () => {
    const id = await accountWith(10, { snapshots: { every: 10 } });
    const snapshots = { every: 10, shape: 2 };
    expect((await accounts({ snapshots }).load(id)).evolved).toBe(10);
    await accounts({ snapshots }).update(id, (account) => account.deposit(1));
    expect((await accounts({ snapshots }).load(id)).evolved).toBe(0);
    // A program that was not updated yet goes by the events, and does not take the newer snapshot away.
    await accounts({ snapshots: { every: 1 } }).update(id, (account) => account.deposit(1));
    expect((await accounts({ snapshots }).load(id)).evolved).toBe(1);
  });

  test('a state that is no JSON is told before anything is stored', async () => {
    const id = randomUUID();
    const broken = accounts({ snapshots: { every: 1 } });
    const account = await broken.load(id);
    account.restore(0, { balance: 7, changes: 10n });
    account.withdraw(7);
    await expect(broken.save(account)).rejects.toMatchObject({ code: 'RT_STORE_EVENT' });
    expect(await under.store.events.load({ type: 'Account', id })).toEqual([]);
  });

  test('a save in a transaction that is rolled back stores and queues nothing', async () => {
    const id = randomUUID();
    const repository = accounts({ topic: 'accounts.stream' });
    const failed = under.store.sql.transaction(async (tx) => {
      await repository.within(tx).update(id, (account) => account.deposit(1));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect((await repository.load(id)).version).toBe(0);
    expect(await queued(id)).toBe(0);
  });

  test('what is saved is published as ctx.publish would, with the aggregate as key', async () => {
    const id = randomUUID();
    const published: OutboundRecord[] = [];
    const stop = new AbortController();
    const relay = createRelay({
      database: under.store.sql,
      publish: async (records) => {
        published.push(...records.filter(({ key }) => Buffer.from(key!).toString() === id));
      },
      pollMs: 60_000,
    });
    const running = relay.run(stop.signal);
    const repository = accounts({ topic: 'accounts.stream', onSaved: () => relay.wake() });
    const context = { correlationId: randomUUID(), causationId: randomUUID(), actorId: 'user:Zoë' };
    await repository.update(id, (account) => account.deposit(5), context);
    await until(() => published.length === 1);
    stop.abort();
    await running;

    const [stored] = await under.store.events.load({ type: 'Account', id });
    const occurredAt = stored!.occurredAt
      .toISOString()
      .replace(/\.000Z$/, 'Z')
      .replace(/(\.\d{3})Z$/, '$1000Z');
    const [record] = published;
    expect(record!.topic).toBe('accounts.stream');
    expect(record!.headers.map(([name, value]) => [name, Buffer.from(value!).toString()])).toEqual([
      ['event_id', stored!.id],
      ['event_type', 'Deposited'],
      ['aggregate_id', id],
      ['aggregate_type', 'Account'],
      ['aggregate_version', '1'],
      ['occurred_at', occurredAt.replace('Z', '+00:00')],
      ['correlation_id', context.correlationId],
      ['causation_id', context.causationId],
      ['actor_id', 'user:Zoë'],
    ]);
    expect(Buffer.from(record!.value!).toString()).toBe(
      JSON.stringify({
        event_id: stored!.id,
        event_type: 'Deposited',
        event_version: 1,
        occurred_at: occurredAt,
        aggregate_id: id,
        aggregate_type: 'Account',
        aggregate_version: 1,
        tenant_id: null,
        actor_id: 'user:Zoë',
        correlation_id: context.correlationId,
        causation_id: context.causationId,
        metadata: {},
        amount: 5,
      }),
    );
  });
});
