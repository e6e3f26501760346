/**
 * Holds an event against the schemas of its type before it is written: what its readers would refuse is not published.
 * The record is looked at as a reader will: its type where `schemas.typeFrom` says, the value as it lies in its bytes
 * (a Date has become a text by then), the envelope's fields too. Without `schemas.upcast`: what is new is written in the
 * newest shape.
 *
 * A type that is not registered has no schema to break: manifests register what their groups read, and their handlers
 * publish for others, too. A tombstone has no value. With the schemas of several files an event must be right for all
 * that know its type.
 */
import { ValidationError } from '../core/errors.ts';
import type { EventSchema, SchemaSettings, TypeSource } from '../core/event-types.ts';
import { atPath } from '../core/json-path.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { compileFaultFinder } from './json-schema.ts';

/** @throws ValidationError `RT_PUBLISH_SCHEMA` */
export type OutboundCheck = (record: OutboundRecord) => void;

/** @param settings of every file; null when none registers a type */
export function outboundCheck(settings: readonly SchemaSettings[]): OutboundCheck | null {
  const registries = new Set(settings.filter(({ events }) => events.length > 0));
  if (registries.size === 0) return null;
  const checks = [...registries].map(registryCheck);
  return (record) => {
    if (record.value === null) return;
    let parsed: { readonly value: unknown } | null = null;
    const bytes = record.value;
    const value = (): unknown => {
      parsed ??= { value: JSON.parse(textOf(bytes)) };
      return parsed.value;
    };
    for (const check of checks) check(record, value);
  };
}

function registryCheck(settings: SchemaSettings): (record: OutboundRecord, value: () => unknown) => void {
  const schemas = new Map(settings.events.map((event) => [event.type, event]));
  const finders = new Map<string, ReturnType<typeof compileFaultFinder>>();
  // Compiled when it is needed: handlers publish few of the types that they know, and many publish nothing.
  const finderOf = ({ type, schema }: EventSchema): ReturnType<typeof compileFaultFinder> => {
    const known = finders.get(type) ?? compileFaultFinder(schema);
    finders.set(type, known);
    return known;
  };
  return (record, value) => {
    const event = schemas.get(typeOf(record, value, settings.typeFrom));
    if (event === undefined) return;
    const fault = finderOf(event)(value());
    if (fault === null) return;
    const { path, expected, found } = fault;
    const message = `publish: the event is no ${event.type}: ${path}: ${expected}, found ${found} (${event.file})`;
    throw new ValidationError('RT_PUBLISH_SCHEMA', message, { retryable: false });
  };
}

/** '' where there is none. */
function typeOf({ topic, headers }: OutboundRecord, value: () => unknown, from: TypeSource): string {
  switch (from.kind) {
    case 'topic':
      return topic;
    case 'header': {
      const bytes = headers.find(([name]) => name === from.name)?.[1] ?? null;
      return bytes === null ? '' : textOf(bytes);
    }
    case 'path': {
      const type = atPath(value(), from.path);
      return typeof type === 'string' ? type : '';
    }
    default:
      return from satisfies never;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
