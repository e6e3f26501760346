/** What `gateway` of a manifest comes to: which requests become which events. Part of `RuntimeSettings`. */
import type { EventSchema } from './event-types.ts';

export interface GatewaySettings {
  readonly host: string;
  /** 0 means any free one. */
  readonly port: number;
  /** A request with a larger body is refused before it is read. */
  readonly maxBodyBytes: number;
  readonly idempotency: IdempotencySettings;
  /** None: nothing listens. Unique by method and path. */
  readonly routes: readonly RouteSettings[];
}

/** `gateway.idempotency`. */
export interface IdempotencySettings {
  /** Name of the header with the key, in small letters; null: keys are not looked at. */
  readonly header: string | null;
  /** How long the answer to a key is kept. */
  readonly ttlMs: number;
  /** Answers kept at most. */
  readonly max: number;
}

export type RouteMethod = 'POST' | 'PUT' | 'PATCH';

/** One entry of `gateway.routes`. */
export interface RouteSettings {
  readonly method: RouteMethod;
  readonly path: string;
  readonly topic: string;
  /** The event's type. */
  readonly type: string;
  /** null: the aggregate's id, where the route has one. */
  readonly key: RequestSource | null;
  readonly aggregateId: RequestSource | null;
  readonly aggregateType: string | null;
  /** May be missing in a request, which then gets a fresh one. null: every request does. */
  readonly correlation: RequestSource | null;
  readonly tenant: RequestSource | null;
  readonly actor: RequestSource | null;
  /** Of the value as it is written; null where the manifest registers no events. */
  readonly schema: EventSchema | null;
}

/** Where something about the event stands in the request. */
export type RequestSource =
  /** The name in small letters. */
  | { readonly kind: 'header'; readonly name: string }
  /** `$.customer.id` is `['customer', 'id']` in the decoded body. */
  | { readonly kind: 'path'; readonly path: readonly string[] };
