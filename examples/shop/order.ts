/** The first of the chain: places what was asked for, or says why not. */
import { defineHandlers } from 'kafka-worker-runtime';
import { changeOrder } from './change-order.ts';
import { following, type ShopRequests } from './events.ts';
import { OrderRefused } from './order-aggregate.ts';

export default defineHandlers<ShopRequests>({
  async OrderRequested(event, ctx) {
    const { order_id, customer_id, total_amount } = event.data;
    try {
      const placed = await changeOrder(order_id, event, (order) => order.place(customer_id, total_amount));
      const { id, type, aggregateType, aggregateId, aggregateVersion, data } = placed;
      await ctx.publish({ topic: 'shop.stream', id, type, aggregateType, aggregateId, aggregateVersion, data });
    } catch (error) {
      if (!(error instanceof OrderRefused)) throw error;
      await ctx.publish(following(event, order_id, 'OrderRejected', { reason: error.message }));
    }
  },
});
