/** The events of the shop: their own fields, without the envelope that every event has. */
import { createHash } from 'node:crypto';
import type { Event, OutboundEvent } from 'kafka-worker-runtime';
import type { OrderEvents } from '../../handlers/events.ts';

/** `shop-requests.stream`: what somebody wants. */
export interface ShopRequests {
  OrderRequested: { readonly order_id: string; readonly customer_id: string; readonly total_amount: number };
}

/** `shop.stream`: what has happened. */
export interface ShopEvents extends OrderEvents {
  OrderRejected: { readonly reason: string };
  PaymentReceived: { readonly amount: number };
  PaymentDeclined: { readonly amount: number; readonly reason: string };
}

/**
 * An event that follows from another one. A handler may run twice, after a crash say, and then publishes this again: the id
 * is made from the cause, so it is the same one, and whoever keeps ids knows it.
 */
export function following<Type extends keyof ShopEvents & string>(
  cause: Event,
  orderId: string,
  type: Type,
  data: ShopEvents[Type],
): OutboundEvent<ShopEvents[Type]> {
  const hash = createHash('sha256').update(`${cause.id} ${type}`).digest('hex');
  const id = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ];
  return { topic: 'shop.stream', type, id: id.join('-'), aggregateType: 'Order', aggregateId: orderId, data };
}
