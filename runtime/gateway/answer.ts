/** What a request is told. Only `accepted` is remembered for a repeat: everything else may be tried again. */
import type { RouteSettings } from '../core/gateway-settings.ts';
import { gatewayLimits } from './limits.ts';

export type Answer = Accepted | Refused;

export interface Accepted {
  readonly kind: 'accepted';
  /** Of the event. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  /** Decimal; null where Kafka does not tell. */
  readonly offset: string | null;
}

export interface Refused {
  readonly kind: 'refused';
  readonly status: 400 | 413 | 422 | 429 | 500 | 502 | 503 | 504;
  readonly error: string;
  /** Each thing that is wrong with the body. */
  readonly errors?: readonly string[];
}

/** Nothing was written, and trying again later may help, or in doubt (504): with `Retry-After`. */
export function mayTryAgain({ status }: Refused): boolean {
  return status === 429 || status === 503 || status === 504;
}

export function refused(status: Refused['status'], error: string, errors?: readonly string[]): Refused {
  return { kind: 'refused', status, error, ...(errors !== undefined && { errors }) };
}

export const draining = refused(503, 'this process is stopping: send the request again');

export const stalled = refused(503, 'Kafka does not acknowledge what is written: nothing of this request was');

export const tooMany = refused(429, `more than ${gatewayLimits.requests} requests are under way`);

/** @param safe the request has a key */
export function undecided(safe: boolean): Refused {
  const what = 'it is not known yet whether the event was written, and it is still being tried';
  return refused(504, safe ? `${what}: the same request with the same key gets its answer` : what);
}

export function keyReused(header: string, { method, path }: RouteSettings): Refused {
  return refused(422, `${header}: another request to ${method} ${path} had this key`);
}
