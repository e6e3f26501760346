/** Each group runs its own copy of these. */
import { defineHandlers } from 'kafka-worker-runtime';
import type { OrderEvents } from '../../handlers/events.ts';

export default defineHandlers<OrderEvents>({
  OrderPlaced({ data }, ctx) {
    ctx.log.info('order placed', { customer: data.customer_id, total: data.total_amount });
  },
});
