/** One function per event type. Events of one aggregate come in the order in which they were published. */
import { defineHandlers } from 'kafka-worker-runtime';
import type { OrderEvents } from '../../handlers/events.ts';

export default defineHandlers<OrderEvents>({
  OrderPlaced({ data }) {
    console.log(`received OrderPlaced: customer ${data.customer_id}, total ${data.total_amount}`);
  },
  OrderShipped({ data }) {
    console.log(`received OrderShipped: tracking number ${data.tracking_number}`);
  },
});
