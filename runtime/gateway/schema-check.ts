/**
 * Holds what is written against the schema of its type, as the handlers' threads will: the whole value, the envelope's
 * fields too. Without `schemas.upcast`, since whoever sends today sends the newest shape.
 */
import type { EventSchema } from '../core/event-types.ts';
import { compileFullCheck, compileJsonSchema, type FullCheck } from '../schemas/json-schema.ts';
import { type Refused, refused } from './answer.ts';
import { gatewayLimits } from './limits.ts';

/** @param value of the record, JSON @returns null when nothing is wrong */
export type SchemaCheck = (value: Uint8Array) => Refused | null;

export function schemaCheck({ type, schema }: EventSchema): SchemaCheck {
  const check = compileJsonSchema(schema);
  let checkAll: FullCheck | null = null;
  return (bytes) => {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
    const fault = check(value);
    if (fault === null) return null;
    // A list of all that is wrong with a large body would be larger than the body.
    checkAll ??= compileFullCheck(schema);
    const faults = bytes.length > gatewayLimits.schemaErrorsBodyBytes ? [fault] : checkAll(value);
    return refused(400, `the body is no ${type}`, faults.slice(0, gatewayLimits.schemaErrors));
  };
}
