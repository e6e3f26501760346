/** Audit log: one entry for every event of any type, whoever else handles it. */
import { defineHandlers } from 'kafka-worker-runtime';
import { OrderStore } from './order-store.ts';

let store: OrderStore;

export default defineHandlers(
  {
    '*'(event) {
      // Producers of this topic always send an id; the place in Kafka is unique too, should one not.
      const id = event.id ?? `${event.topic}/${event.partition}/${event.offset}`;
      store.audit(id, event.type, event.aggregateId ?? null);
    },
  },
  {
    setup({ signal }) {
      store = new OrderStore();
      signal.addEventListener('abort', () => store.close());
    },
  },
);
