// What is stored is published: a handler sees every event of every aggregate, in order, as it is in the store, and what it
// saves itself in turn carries the same correlation id.
// Row S-13.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Event } from '../../runtime/index.ts';
import { createRelay, openStore, Repository, type StoredEvent } from '../../runtime/store/index.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { Account } from '../store/support/account.ts';

const depositsOfEach = 20;

/** What a handled and a stored event have in common; an event itself is gone after its handler. */
function envelopeOf({ id, type, aggregateId, aggregateVersion, occurredAt, correlationId }: Event | StoredEvent) {
  return { id, type, aggregateId, aggregateVersion, occurredAt, correlationId };
}

test('what a repository saves reaches the handlers', async (t) => {
  const store = await openStore('pglite:memory');
  t.onTestFinished(() => store.close());
  const mirrors = new Repository({ type: 'Mirror', create: (id) => new Account(id), store });
  const seen: ReturnType<typeof envelopeOf>[] = [];
  const rt = await startTestRuntime(t, {
    topics: { 'accounts.stream': { partitions: 3 } },
    group: { name: 'mirror' },
    handlers: {
      async Deposited(event: Event<{ amount: number }>) {
        seen.push(envelopeOf(event));
        const cause = { correlationId: event.correlationId, causationId: event.id };
        await mirrors.update(event.aggregateId!, (mirror) => mirror.deposit(event.data.amount), cause);
      },
    },
  });
  const stop = new AbortController();
  const relay = createRelay({ database: store.sql, publish: (records) => rt.kafka.producer.send(records) });
  const running = relay.run(stop.signal);
  t.onTestFinished(async () => {
    stop.abort();
    await running;
  });

  const accounts = new Repository({
    type: 'Account',
    create: (id) => new Account(id),
    store,
    topic: 'accounts.stream',
    onSaved: () => relay.wake(),
  });
  const ids = Array.from({ length: 5 }, () => randomUUID());
  for (let amount = 1; amount <= depositsOfEach; amount++) {
    await Promise.all(ids.map((id) => accounts.update(id, (account) => account.deposit(amount))));
  }
  await rt.until(async () => {
    const mirrored = await Promise.all(ids.map((id) => mirrors.load(id)));
    return mirrored.every(({ version }) => version === depositsOfEach);
  });

  expect(seen).toHaveLength(ids.length * depositsOfEach);
  for (const id of ids) {
    const stored = await store.events.load({ type: 'Account', id });
    const handled = seen.filter(({ aggregateId }) => aggregateId === id);
    expect(handled).toEqual(stored.map(envelopeOf));
    const caused = await store.events.load({ type: 'Mirror', id });
    expect(caused.map(({ correlationId, causationId }) => ({ correlationId, causationId }))).toEqual(
      stored.map(({ correlationId, id: causationId }) => ({ correlationId, causationId })),
    );
  }
  await rt.until(async () => (await store.outbox.count()) === 0);
});
