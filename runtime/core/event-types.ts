/** What `schemas` of a manifest comes to: which events there are, and what becomes of a record that is none of them. */

/** `schemas.typeFrom`. */
export type TypeSource =
  | { readonly kind: 'header'; readonly name: string }
  /** `$.meta.type` is `['meta', 'type']` in the decoded value. */
  | { readonly kind: 'path'; readonly path: readonly string[] }
  /** The topic is the type. */
  | { readonly kind: 'topic' };

/** `dlq`: a dead letter. `skip`: passed over and counted. `fail`: held with its key until an operator acts. */
export type Refusal = 'dlq' | 'skip' | 'fail';

/** One entry of `schemas.events`. */
export interface EventSchema {
  readonly type: string;
  /** Absolute path. */
  readonly file: string;
  /** JSON Schema of the whole value, known to be a sound one. */
  readonly schema: object | boolean;
}

export interface SchemaSettings {
  /** How values are written; `debezium` has the type in the value, whatever `typeFrom` says. */
  readonly format: 'json' | 'debezium';
  readonly typeFrom: TypeSource;
  /** Unique by type; none: every type is known, and no value is checked. */
  readonly events: readonly EventSchema[];
  /** Absolute path of a module whose default export brings values into their newest shape; null for none. */
  readonly upcast: string | null;
  /** A known type that no handler takes. */
  readonly unhandledType: Refusal;
  /** A type that is not among `events`. */
  readonly unknownType: Refusal;
  /** No type at all, and no `'*'` handler that takes such records. */
  readonly missingType: Refusal;
  /** The value does not match its schema. */
  readonly invalid: Refusal;
}

/** What a manifest without `schemas` comes to. */
export const anyEvents: SchemaSettings = {
  format: 'json',
  typeFrom: { kind: 'header', name: 'event_type' },
  events: [],
  upcast: null,
  unhandledType: 'skip',
  unknownType: 'dlq',
  missingType: 'dlq',
  invalid: 'dlq',
};
