/** What became of published events: where each was written, or why it was not. */
import type { WrittenPlace } from '../core/thread-messages.ts';
import type { Published } from './outbound-event.ts';

/** Of one event. */
export type Delivery = WrittenDelivery | FailedDelivery;
export type WrittenDelivery = Published & { readonly kind: 'written' };
export interface FailedDelivery {
  readonly kind: 'failed';
  /** With `code`, and `retryable` where that is known. */
  readonly error: Error;
}

/** A publish of several events of which at least one failed. Those that were written stay written. */
export class PartlyPublishedError extends Error {
  override readonly name = 'PartlyPublishedError';
  readonly code = 'RT_PUBLISH_PARTLY';
  /** In the order of the events. */
  readonly deliveries: readonly Delivery[];

  constructor(deliveries: readonly Delivery[], first: Error) {
    const failed = deliveries.filter(({ kind }) => kind === 'failed').length;
    super(`${failed} of ${deliveries.length} events were not written: ${first.message}`, { cause: first });
    this.deliveries = deliveries;
  }
}

/** @param failures by the index of their record */
export function deliveriesOf(
  places: readonly (WrittenPlace | null)[],
  failures: readonly { readonly index: number; readonly error: Error }[],
): readonly Delivery[] {
  const errors = new Map(failures.map(({ index, error }) => [index, error]));
  return places.map((place, index) =>
    place === null ? { kind: 'failed', error: errors.get(index)! } : { kind: 'written', ...toPublished(place) },
  );
}

export function toPublished({ topic, partition, offset }: WrittenPlace): Published {
  return { topic, partition, offset: BigInt(offset) };
}

/** What a publish rejects with: the error of the only event, or one that has them all. Null when nothing failed. */
export function publishFailure(deliveries: readonly Delivery[]): Error | null {
  const failed = deliveries.find((delivery) => delivery.kind === 'failed');
  if (failed === undefined) return null;
  return deliveries.length === 1 ? failed.error : new PartlyPublishedError(deliveries, failed.error);
}
