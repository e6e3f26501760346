/** Somebody else has changed the aggregate: load it again, decide again, save again. */
import { StoreError } from '../core/errors.ts';
import type { AggregateKey } from './stored-event.ts';

export class ConcurrencyError extends StoreError {
  override readonly name = 'ConcurrencyError';
  readonly aggregate: AggregateKey;
  /** Version that the events were to follow. */
  readonly expected: number;
  /** Version that the aggregate had; 0 when it did not exist. */
  readonly found: number;

  constructor(aggregate: AggregateKey, expected: number, found: number) {
    const text = `${aggregate.type} ${aggregate.id} is at version ${found}, expected ${expected}: it has changed since it was loaded`;
    super('RT_STORE_CONFLICT', text, { retryable: true });
    this.aggregate = aggregate;
    this.expected = expected;
    this.found = found;
  }
}
