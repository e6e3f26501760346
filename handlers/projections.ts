/** Order statistics: how many orders, their revenue, how many are shipped. */
import { defineHandlers, NonRetryableError } from 'kafka-worker-runtime';
import type { OrderEvents } from './events.ts';
import { OrderStore } from './order-store.ts';

let store: OrderStore;

export default defineHandlers<OrderEvents>(
  {
    OrderPlaced(event) {
      const { total_amount } = event.data;
      // No retry makes this right, so the record goes to `orders.stream.dlq` at once.
      if (total_amount < 0) throw new NonRetryableError(`negative total: ${total_amount}`);
      store.place(orderOf(event), total_amount);
    },

    OrderShipped(event) {
      // Events of one order come in their order, so the order is there, unless its event was given up. Throwing means
      // that this record is tried again, and in the end goes to the dead letters too.
      if (!store.ship(orderOf(event))) throw new Error(`order ${event.aggregateId} is shipped, but was never placed`);
    },
  },
  {
    // Once per handler thread.
    setup({ signal }) {
      store = new OrderStore();
      signal.addEventListener('abort', () => store.close());
    },
  },
);

function orderOf(event: { readonly aggregateId: string | undefined }): string {
  if (event.aggregateId === undefined) throw new NonRetryableError('an order event without aggregate_id');
  return event.aggregateId;
}
