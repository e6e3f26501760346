/** Looks at every order and keeps nothing: what is measured is the way to here and back. */
import { defineHandlers, NonRetryableError } from 'kafka-worker-runtime';
import type { OrderEvents } from '../../handlers/events.ts';

export default defineHandlers<OrderEvents>({
  OrderPlaced({ data }) {
    if (!(data.total_amount > 0)) throw new NonRetryableError(`not a total: ${data.total_amount}`);
  },
});
