/**
 * An aggregate: state that changes by events only (S-14). Commands check the rules and call `apply`; `evolve` says what
 * an event does to the state, also when it is read back.
 *
 *   events    1  2  3  4 | 5  6
 *             saved, 4   | unsaved     version 6, savedVersion 4
 *
 *   class Order extends AggregateRoot<OrderState, OrderEvents> {
 *     constructor(id: string) { super(id, { status: 'new' }); }
 *     place(customer_id: string) {
 *       if (this.state.status !== 'new') throw new Error('Order already placed');
 *       this.apply('OrderPlaced', { customer_id });
 *     }
 *     protected override evolve(state: OrderState, event: AggregateEvent<OrderEvents>): OrderState { … }
 *   }
 *
 * It knows no database: who loads and saves it is the repository.
 */
import type { NewEvent } from './stored-event.ts';

/** What `evolve` gets; with a map of event types, `switch (event.type)` knows the data. */
export type AggregateEvent<Events extends object = Record<string, unknown>> = {
  [Type in keyof Events & string]: { readonly type: Type; readonly data: Events[Type]; readonly version: number };
}[keyof Events & string];

export abstract class AggregateRoot<State = unknown, Events extends object = Record<string, unknown>> {
  readonly id: string;
  #state: State;
  #version = 0;
  #unsaved: NewEvent[] = [];

  /** @param initial state before the first event; with a snapshot policy it has to be JSON */
  constructor(id: string, initial: State) {
    this.id = id;
    this.#state = initial;
  }

  get state(): State {
    return this.#state;
  }

  /** Of the last event applied, saved or not; 0 before the first. */
  get version(): number {
    return this.#version;
  }

  get nextVersion(): number {
    return this.#version + 1;
  }

  /** Of the last event that is stored. */
  get savedVersion(): number {
    return this.#version - this.#unsaved.length;
  }

  get unsaved(): readonly NewEvent[] {
    return this.#unsaved;
  }

  /** The state after an event. Changes nothing itself, checks no rules: the event has happened. */
  protected abstract evolve(state: State, event: AggregateEvent<Events>): State;

  /** Something happens: the state changes at once, the event is stored by the next save. */
  protected apply<Type extends keyof Events & string>(type: Type, data: Events[Type]): void {
    this.#step(type, data);
    this.#unsaved.push({ type, data });
  }

  /** For the repository: goes on from a snapshot. */
  restore(version: number, state: unknown): void {
    this.#version = version;
    this.#state = state as State;
  }

  /** For the repository: what has happened, in order. */
  replay(events: readonly { readonly type: string; readonly data: unknown }[]): void {
    for (const { type, data } of events) this.#step(type, data);
  }

  /** For the repository: the first `count` unsaved events are stored. What happened meanwhile is not. */
  markSaved(count: number): void {
    this.#unsaved = this.#unsaved.slice(count);
  }

  #step(type: string, data: unknown): void {
    const version = this.nextVersion;
    this.#state = this.evolve(this.#state, { type, data, version } as AggregateEvent<Events>);
    this.#version = version;
  }
}
