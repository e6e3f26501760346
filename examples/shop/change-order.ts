/** Loads an order, lets something happen to it, and stores that: for the handlers of several groups. */
import { openStore, Repository } from 'kafka-worker-runtime/store';
import { Order } from './order-aggregate.ts';

/**
 * One for all handlers of the process. DATABASE_URL names a PostgreSQL; without it what is stored is gone at the end. Opened
 * as the handlers are loaded, so before their groups join: an embedded database occupies the thread while it starts.
 */
const { sql, events, close } = await openStore(process.env.DATABASE_URL ?? 'pglite:memory', { migrate: true });

/**
 * Changes an order because of an event. When the handler of that event runs a second time, what it stored the first time is
 * found, and nothing is changed.
 * @returns the event that was stored, to be published
 * @throws OrderRefused when a rule says so
 */
export async function changeOrder(
  orderId: string,
  cause: { readonly id: string | undefined; readonly correlationId: string | undefined },
  change: (order: Order) => void,
) {
  const key = { type: 'Order', id: orderId };
  const before = (await events.load(key)).find(({ causationId }) => causationId === cause.id);
  if (before !== undefined) return before;
  const orders = new Repository({ type: 'Order', create: (id) => new Order(id), store: { sql, events } });
  const order = await orders.load(orderId);
  change(order);
  // Two handlers that changed one order at the same time: one gets a ConcurrencyError, and is tried again.
  const [stored] = await orders.save(order, { correlationId: cause.correlationId, causationId: cause.id });
  return stored!;
}

export { close as closeStore };
