// Row S-14.
import { expect, test } from 'vitest';
import { type AggregateEvent, AggregateRoot } from '../../../runtime/store/aggregate-root.ts';

interface OrderEvents {
  OrderPlaced: { readonly total: number };
  OrderShipped: { readonly tracking: string };
}
type OrderState = { readonly status: 'new' | 'placed' | 'shipped'; readonly versions: readonly number[] };

class Order extends AggregateRoot<OrderState, OrderEvents> {
  constructor(id: string) {
    super(id, { status: 'new', versions: [] });
  }

  place(total: number): void {
    if (this.state.status !== 'new') throw new Error('Order already placed');
    this.apply('OrderPlaced', { total });
  }

  ship(tracking: string): void {
    if (this.state.status !== 'placed') throw new Error('Order is not placed');
    this.apply('OrderShipped', { tracking });
  }

  protected override evolve(state: OrderState, event: AggregateEvent<OrderEvents>): OrderState {
    const versions = [...state.versions, event.version];
    return { status: event.type === 'OrderPlaced' ? 'placed' : 'shipped', versions };
  }
}

test('a command changes the state at once and leaves an event to be saved', () => {
  const order = new Order('o-1');
  expect([order.version, order.nextVersion, order.unsaved]).toEqual([0, 1, []]);
  order.place(10);
  order.ship('t-1');
  expect(order.state).toEqual({ status: 'shipped', versions: [1, 2] });
  expect(order.unsaved).toEqual([
    { type: 'OrderPlaced', data: { total: 10 } },
    { type: 'OrderShipped', data: { tracking: 't-1' } },
  ]);
  expect([order.version, order.savedVersion]).toEqual([2, 0]);
});

test('a rule that is broken leaves nothing', () => {
  const order = new Order('o-1');
  order.place(10);
  expect(() => order.place(20)).toThrow('Order already placed');
  expect(order.version).toBe(1);
});

test('what is read back counts as saved, and what comes next follows it', () => {
  const order = new Order('o-1');
  order.replay([{ type: 'OrderPlaced', data: { total: 10 } }]);
  expect([order.version, order.savedVersion, order.unsaved]).toEqual([1, 1, []]);
  order.ship('t-1');
  expect([order.version, order.savedVersion]).toEqual([2, 1]);
  order.markSaved(1);
  expect([order.savedVersion, order.unsaved]).toEqual([2, []]);
});

test('an event whose evolve throws has not happened', () => {
  class Strict extends Order {
    protected override evolve(): never {
      throw new Error('unknown event');
    }
  }
  const order = new Strict('o-1');
  expect(() => order.place(1)).toThrow('unknown event');
  expect([order.version, order.unsaved]).toEqual([0, []]);
});
