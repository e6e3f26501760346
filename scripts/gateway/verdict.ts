/** Holds what clients were told against what lies in the topic: every 202 is there, at its place, and nothing is twice. */
import type { StoredRecord } from '../../runtime/testing/read-topic.ts';
import type { AcceptedRequest } from './client.ts';

export interface Verdict {
  readonly requests: number;
  readonly accepted: number;
  readonly inTopic: number;
  /** Accepted, and not at the place that the answer named. */
  readonly missing: readonly number[];
  /** In the topic more than once. */
  readonly twice: readonly number[];
  readonly holds: boolean;
}

/** @param accepted by the number of the request */
export function judge(
  accepted: readonly (AcceptedRequest | null)[],
  records: readonly Pick<StoredRecord, 'partition' | 'offset' | 'value'>[],
): Verdict {
  const times = new Uint32Array(accepted.length);
  const places = new Map<string, number>();
  for (const { partition, offset, value } of records) {
    const { request } = JSON.parse(value!.toString()) as { readonly request: number };
    times[request]!++;
    places.set(`${partition} ${offset}`, request);
  }
  const missing: number[] = [];
  accepted.forEach((place, nr) => {
    if (place !== null && places.get(`${place.partition} ${place.offset}`) !== nr) missing.push(nr);
  });
  const twice = [...times.keys()].filter((nr) => times[nr]! > 1);
  const count = accepted.filter((place) => place !== null).length;
  return {
    requests: accepted.length,
    accepted: count,
    inTopic: records.length,
    missing,
    twice,
    holds: missing.length === 0 && twice.length === 0 && count === accepted.length,
  };
}
