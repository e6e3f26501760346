/**
 * Holds an event against the schemas of its type before it is written: what its readers would refuse is not published.
 * The record is looked at as a reader will: its type where `schemas.typeFrom` says, the value as it lies in its bytes
 * (a Date has become a text by then), the envelope's fields too. Without `schemas.upcast`: what is new is written in the
 * newest shape.
 *
 *   registered ──── its schema decides; a tombstone has no value to check
 *   not registered  refused, unless `unknownType: skip` says that other types than the registered ones are to be expected
 *
 * With the schemas of several files a type is fine when one of them knows it and none has anything against it.
 */
import { ValidationError } from '../core/errors.ts';
import type { EventSchema, SchemaSettings, TypeSource } from '../core/event-types.ts';
import { atPath } from '../core/json-path.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { compileFaultFinder } from './json-schema.ts';

/** @throws ValidationError `RT_PUBLISH_SCHEMA` */
export type OutboundCheck = (record: OutboundRecord) => void;

type Verdict = 'registered' | 'unknown' | 'other';

const namesMax = 10; // registered types in a message

/** @param settings of every file; null when none registers a type */
export function outboundCheck(settings: readonly SchemaSettings[]): OutboundCheck | null {
  const registries = new Set(settings.filter(({ events }) => events.length > 0));
  if (registries.size === 0) return null;
  const checks = [...registries].map(registryCheck);
  return (record) => {
    let parsed: { readonly value: unknown } | null = null;
    const value = (): unknown => {
      parsed ??= { value: record.value === null ? null : JSON.parse(textOf(record.value)) };
      return parsed.value;
    };
    const verdicts = checks.map((check) => check(record, value));
    if (verdicts.every((verdict) => verdict === 'unknown')) throw unknownType(record, value, [...registries]);
  };
}

function registryCheck(settings: SchemaSettings): (record: OutboundRecord, value: () => unknown) => Verdict {
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
    if (event === undefined) return settings.unknownType === 'skip' ? 'other' : 'unknown';
    const fault = record.value === null ? null : finderOf(event)(value());
    if (fault === null) return 'registered';
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

function unknownType(
  record: OutboundRecord,
  value: () => unknown,
  registries: readonly SchemaSettings[],
): ValidationError {
  const type = typeOf(record, value, registries[0]!.typeFrom);
  const names = registries.flatMap(({ events }) => events.map((event) => event.type));
  const shown = names.length > namesMax ? `${names.slice(0, namesMax).join(', ')}, …` : names.join(', ');
  const message = `publish: event type ${JSON.stringify(type)} is not among schemas.events (${shown}): correct it, register its schema, or say schemas.unknownType: skip where other types are to be expected`;
  return new ValidationError('RT_PUBLISH_SCHEMA', message, { retryable: false });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
