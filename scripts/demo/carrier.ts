/** Hands placed orders to a carrier that is not always there, and tells the topic what was shipped. */
import { defineHandlers } from 'kafka-worker-runtime';
import type { OrderEvents } from '../../handlers/events.ts';
import { customers } from './customers.ts';

export default defineHandlers<OrderEvents>({
  async OrderPlaced(event, ctx) {
    const { customer_id, total_amount } = event.data;
    // The projection has given such an order up; nobody ships it.
    if (total_amount < 0) return;
    if (customer_id === customers.noCarrier) throw new Error('no carrier for this address');
    if (customer_id === customers.busyCarrier && ctx.attempt < 3) throw new Error('the carrier is busy');
    await ctx.publish({
      topic: event.topic,
      type: 'OrderShipped',
      ...(event.aggregateId === undefined ? {} : { aggregateId: event.aggregateId }),
      aggregateType: 'Order',
      aggregateVersion: 2,
      data: { tracking_number: `TRACK-${event.offset}` },
    });
  },
});
