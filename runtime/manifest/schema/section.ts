/**
 * How the schema is written: the few forms of an option, and what our own keywords mean.
 *
 * An option is a JSON Schema with `default` and `description`. Own keywords:
 *   duration, size   a text with a unit between two limits (`core/units.ts`)
 *   later            keys of a map that are planned: refused as "not supported yet"
 *   laterValues      the same for values, as a regular expression
 *   want             what is accepted, in words, where the other keywords do not say it well
 */

export interface Limits {
  readonly min: string;
  readonly max: string;
}

type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object';

export interface Option {
  readonly type: TypeName | readonly TypeName[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: Option;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Options;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Option;
  readonly minProperties?: number;
  readonly propertyNames?: { readonly pattern: string; readonly maxLength?: number };
  readonly duration?: Limits;
  readonly size?: Limits;
  readonly later?: readonly string[];
  readonly laterValues?: string;
  readonly want?: string;
}

export type Options = Readonly<Record<string, Option>>;

/** A map with exactly these options. @param later keys that are planned and refused until they are built */
export function section<const P extends Options>(description: string, properties: P, later: readonly string[] = []) {
  return { type: 'object', description, additionalProperties: false, properties, later } as const;
}

/** The TypeScript type of a value that matches a schema and has its defaults filled in. */
export type ValueOf<S> = S extends { readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly type: infer T }
    ? ValueOfType<S, T extends readonly (infer U)[] ? U : T>
    : never;

type ValueOfType<S, T> = T extends 'integer' | 'number'
  ? number
  : T extends 'string'
    ? string
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : T extends 'array'
          ? S extends { readonly items: infer I }
            ? readonly ValueOf<I>[]
            : never
          : S extends { readonly properties: infer P }
            ? { readonly [K in keyof P]: Filled<P[K]> }
            : never;

/** An option with a default, or a map of them, is always there; any other may be missing. */
type Filled<S> = S extends { readonly default: unknown } | { readonly type: 'object' }
  ? ValueOf<S>
  : ValueOf<S> | undefined;
