/** The rules of an order: it is placed once, and shipped after that. */
import { type AggregateEvent, AggregateRoot } from 'kafka-worker-runtime/store';
import type { OrderEvents } from '../../handlers/events.ts';

interface OrderState {
  readonly status: 'new' | 'placed' | 'shipped';
}

/** No fault of the program, and no reason to try again. */
export class OrderRefused extends Error {}

export class Order extends AggregateRoot<OrderState, OrderEvents> {
  constructor(id: string) {
    super(id, { status: 'new' });
  }

  place(customer_id: string, total_amount: number): void {
    if (this.state.status !== 'new') throw new OrderRefused('Order already placed');
    this.apply('OrderPlaced', { customer_id, total_amount });
  }

  ship(tracking_number: string): void {
    if (this.state.status === 'new') throw new OrderRefused('Order was never placed');
    if (this.state.status === 'shipped') throw new OrderRefused('Order already shipped');
    this.apply('OrderShipped', { tracking_number });
  }

  protected override evolve(_state: OrderState, event: AggregateEvent<OrderEvents>): OrderState {
    switch (event.type) {
      case 'OrderPlaced':
        return { status: 'placed' };
      case 'OrderShipped':
        return { status: 'shipped' };
    }
  }
}
