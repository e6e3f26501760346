/** The second: takes the money, up to a limit. */
import { defineHandlers } from 'kafka-worker-runtime';
import { following, type ShopEvents } from './events.ts';

const limit = 1_000;

export default defineHandlers<ShopEvents>({
  async OrderPlaced(event, ctx) {
    const { total_amount: amount } = event.data;
    const order = event.aggregateId!;
    await ctx.publish(
      amount <= limit
        ? following(event, order, 'PaymentReceived', { amount })
        : following(event, order, 'PaymentDeclined', { amount, reason: `more than ${limit}` }),
    );
  },
});
