/** The third: ships what is paid. */
import { defineHandlers } from 'kafka-worker-runtime';
import { changeOrder } from './change-order.ts';
import type { ShopEvents } from './events.ts';

export default defineHandlers<ShopEvents>({
  async PaymentReceived(event, ctx) {
    const tracking = `TRACK-${event.aggregateId!.slice(0, 8)}`;
    const shipped = await changeOrder(event.aggregateId!, event, (order) => order.ship(tracking));
    const { id, type, aggregateType, aggregateId, aggregateVersion, data } = shipped;
    await ctx.publish({ topic: 'shop.stream', id, type, aggregateType, aggregateId, aggregateVersion, data });
  },
});
