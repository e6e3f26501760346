/** Where the type of a record stands, as `schemas.typeFrom` says, where that is not a header. */
import type { TypeSource } from '../core/event-types.ts';
import { atPath } from '../core/json-path.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { decodeJson } from './json-body.ts';

/** @returns '' for a record without a type @throws DecodeError where the value has to be read and cannot be */
export type TypeReader = (batch: RecordBatch, index: number, topic: string) => string;

export function typeReader(source: Exclude<TypeSource, { readonly kind: 'header' }>): TypeReader {
  if (source.kind === 'topic') return (_batch, _index, topic) => topic;
  return (batch, index) => {
    const value = batch.valueAt(index);
    const type = value === null ? undefined : atPath(decodeJson(value), source.path);
    return typeof type === 'string' ? type : '';
  };
}
