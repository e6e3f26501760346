/** A bank account as an aggregate. */
import { type AggregateEvent, AggregateRoot } from '../../../runtime/store/index.ts';

export interface AccountEvents {
  Deposited: { readonly amount: number };
  Withdrawn: { readonly amount: number };
}

export interface AccountState {
  readonly balance: number;
  readonly changes: number;
}

export class Account extends AggregateRoot<AccountState, AccountEvents> {
  /** Events that `evolve` has seen. */
  evolved = 0;

  constructor(id: string) {
    super(id, { balance: 0, changes: 0 });
  }

  deposit(amount: number): void {
    this.apply('Deposited', { amount });
  }

  withdraw(amount: number): void {
    if (amount > this.state.balance) throw new Error(`not enough: ${this.state.balance}`);
    this.apply('Withdrawn', { amount });
  }

  protected override evolve({ balance, changes }: AccountState, event: AggregateEvent<AccountEvents>): AccountState {
    this.evolved++;
    switch (event.type) {
      case 'Deposited':
        return { balance: balance + event.data.amount, changes: next(changes) };
      case 'Withdrawn':
        return { balance: balance - event.data.amount, changes: next(changes) };
      default:
        return event satisfies never;
    }
  }
}

/** Also of a bigint, which JSON cannot hold. */
function next(changes: number): number {
  return typeof changes === 'bigint' ? changes : changes + 1;
}
