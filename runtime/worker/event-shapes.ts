/**
 * How the values of events look: brought into their newest shape (`schemas.upcast`), then held against their JSON Schema.
 * The same value fails the same way every time, so a failure is never worth another attempt.
 */
import { pathToFileURL } from 'node:url';
import type { Refusal, SchemaSettings } from '../core/event-types.ts';
import type { Check } from '../schemas/json-schema.ts';
import type { OutboundCheck } from '../schemas/outbound-check.ts';

/** The value is not what its schema says. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  /** `schemas.invalid`. */
  readonly refusal: Refusal;

  constructor(message: string, refusal: Refusal, cause?: unknown) {
    super(message, { cause });
    this.refusal = refusal;
  }
}

/** @returns the value as a handler sees it @throws SchemaError */
export interface Shape {
  (data: unknown): unknown;
  /** @returns the key as a handler sees it; as it is in Kafka when missing */
  readonly key?: (text: string) => string;
}

/** By event type; a type without a shape is handed on as it was decoded. */
export interface Shapes {
  of(type: string): Shape | null;
  /** Of what handlers publish; null or missing where every type may be published. */
  readonly outbound?: OutboundCheck | null;
}

type Upcast = (type: string, data: unknown) => unknown;

/** No type has a shape: what a manifest without `schemas` comes to. */
export const noShapes: Shapes = { of: () => null };

/** @throws what the module of `schemas.upcast` throws, TypeError when it exports no function */
export async function loadShapes(settings: SchemaSettings): Promise<Shapes> {
  const { events, upcast: file, invalid } = settings;
  const upcast = file === null ? null : await loadUpcast(file);
  const checks = new Map<string, Check>();
  let outbound: OutboundCheck | null = null;
  if (events.length > 0) {
    // Not loaded where nobody asks for it: it takes memory in every thread.
    const { compileJsonSchema } = await import('../schemas/json-schema.ts');
    for (const { type, schema } of events) checks.set(type, compileJsonSchema(schema));
    const { outboundCheck } = await import('../schemas/outbound-check.ts');
    outbound = outboundCheck([settings]);
  }
  return {
    outbound,
    of(type) {
      const check = checks.get(type) ?? null;
      return upcast === null && check === null ? null : (data) => shaped(type, data, upcast, check, invalid);
    },
  };
}

function shaped(type: string, data: unknown, upcast: Upcast | null, check: Check | null, invalid: Refusal): unknown {
  const newest = upcast === null ? data : upcasted(type, data, upcast, invalid);
  const fault = check?.(newest) ?? null;
  if (fault !== null) throw new SchemaError(`the value is no ${type}: ${fault}`, invalid);
  return newest;
}

function upcasted(type: string, data: unknown, upcast: Upcast, invalid: Refusal): unknown {
  try {
    return upcast(type, data);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SchemaError(`schemas.upcast of ${type}: ${message}`, invalid, cause);
  }
}

async function loadUpcast(file: string): Promise<Upcast> {
  const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  if (typeof module.default === 'function') return module.default as Upcast;
  throw new TypeError('no default export that is a function; expected export default (type, data) => data');
}
