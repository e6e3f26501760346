/** Parses the body and looks at one field. */
import { defineHandlers } from 'kafka-worker-runtime';
import { handled } from '../contenders/board.ts';
import type { PeerHandlers } from '../contenders/peer-handlers.ts';
import type { Order } from '../orders.ts';

function look(order: Order): void {
  if (order.total_amount < 0) throw new Error('an order cannot cost less than nothing');
  handled();
}

export default defineHandlers<Record<string, Order>>({ '*': (event) => look(event.data) });

export const raw: PeerHandlers['raw'] = ({ value }) => look(JSON.parse(value!.toString()) as Order);
