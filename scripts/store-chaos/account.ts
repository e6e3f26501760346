/** The aggregate of the campaign: an account that knows which bookings of each writer it has. */
import { type AggregateEvent, AggregateRoot } from '../../runtime/store/index.ts';
import { type Booked, writers } from './bookings.ts';

interface State {
  readonly balance: number;
  /** The last booking of each writer. */
  readonly last: Readonly<Record<number, number>>;
}

export class Account extends AggregateRoot<State, { Booked: Booked }> {
  constructor(id: string) {
    super(id, { balance: 0, last: {} });
  }

  /** A writer that was killed after a save asks again for what it had booked: that changes nothing. */
  book({ nr, amount }: Booked): void {
    const last = this.state.last[nr % writers] ?? -1;
    if (nr > last) this.apply('Booked', { nr, amount });
  }

  protected override evolve({ balance, last }: State, { data }: AggregateEvent<{ Booked: Booked }>): State {
    return { balance: balance + data.amount, last: { ...last, [data.nr % writers]: data.nr } };
  }
}
