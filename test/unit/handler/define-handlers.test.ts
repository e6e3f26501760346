// Row S-04.
import { defineHandlers, RetryableError } from 'kafka-worker-runtime';
import { expect, test } from 'vitest';

interface Events {
  OrderPlaced: { readonly customer_id: string; readonly total_amount: number };
  OrderShipped: { readonly tracking_number: string };
}

test('handlers are typed by their event, and come back as they are', () => {
  const handlers = {
    OrderPlaced: () => {},
  };
  expect(defineHandlers(handlers)).toBe(handlers);
  const typed = defineHandlers<Events>({
    async OrderPlaced(event, ctx) {
      const total: number = event.data.total_amount;
      await ctx.publish({ topic: 'bills', type: 'Billed', data: { total } });
    },
    OrderShipped: { timeout: '30s', retry: { maxRetries: 5 }, handle: (event) => event.data.tracking_number },
    '*': (event, ctx) => ctx.log.debug(event.type),
  });
  // @ts-expect-error there is no such event
  expect(typed.OrderLost).toBeUndefined();
});

test('the delay of a RetryableError is milliseconds or a text with a unit', () => {
  expect(new RetryableError('x', { delay: '2s' }).delayMs).toBe(2000);
  expect(new RetryableError('x', { delay: 5 }).delayMs).toBe(5);
  expect(new RetryableError('x').delayMs).toBeUndefined();
  expect(() => new RetryableError('x', { delay: -1 })).toThrow(TypeError);
});
