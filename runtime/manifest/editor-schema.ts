/**
 * The schema for editors: plain JSON Schema, without our own keywords. It is a little wider than the validator, since
 * an editor sees `${PORT:-8000}` and not what it stands for.
 */

import { durationPattern, sizePattern } from '../core/units.ts';
import { manifestSchema } from './schema/schema.ts';
import type { Option } from './schema/section.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const substitution = { type: 'string', pattern: '\\$\\{[^}]+\\}' } as const;

/** JSON Schema draft 7, as `runtime schema` prints it. */
export function manifestJsonSchema(): JsonSchema {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Manifest', ...convert(manifestSchema) };
}

function convert(option: Option): JsonSchema {
  const { description, default: fallback, later: _later, laterValues: _values, want: _want, ...rest } = option;
  const { duration, size, properties, items, additionalProperties, ...keywords } = rest;
  const about = {
    ...(description === undefined ? {} : { description: limitsOf(description, option) }),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
  const exact = {
    ...keywords,
    ...(duration === undefined ? {} : { pattern: durationPattern }),
    ...(size === undefined ? {} : { pattern: sizePattern }),
    ...(properties === undefined ? {} : { properties: convertAll(properties) }),
    ...(items === undefined ? {} : { items: convert(items) }),
    ...(additionalProperties ? { additionalProperties: convert(additionalProperties) } : {}),
    ...(additionalProperties === false ? { additionalProperties } : {}),
  };
  return option.type === 'object' ? { ...about, ...exact } : { ...about, anyOf: [exact, substitution] };
}

function convertAll(properties: Readonly<Record<string, Option>>): JsonSchema {
  return Object.fromEntries(Object.entries(properties).map(([key, option]) => [key, convert(option)]));
}

/** A pattern cannot say from where to where, so the text does. */
function limitsOf(description: string, option: Option): string {
  const limits = option.duration ?? option.size;
  return limits === undefined ? description : `${description} From ${limits.min} to ${limits.max}.`;
}
