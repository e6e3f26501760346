/**
 * Defaults: what is not written in a group comes from `defaults`, key by key, and what is not written there from the
 * schema. A list is one value and is replaced as a whole.
 */

import { InternalError } from '../core/errors.ts';
import { type PlainMap, type PlainValue, plainValue } from './plain-value.ts';
import { defaultsSection, groupSection } from './schema/group.ts';
import { producerProfiles } from './schema/producer.ts';
import { type GroupValue, manifestSchema, type ProcessValue, type SchemasValue } from './schema/schema.ts';
import type { Option } from './schema/section.ts';
import { expand, type Sources } from './substitute.ts';
import { type MapTree, subtree } from './tree.ts';

/** @param tree a file in which this group and `defaults` match the schema */
export function fillGroup(name: string, tree: MapTree): GroupValue {
  const own = subtree(tree, ['groups', name]);
  const inherited = subtree(tree, ['defaults']);
  const layers = [
    own === null ? undefined : plainValue(own, groupSection),
    inherited === null ? undefined : plainValue(inherited, defaultsSection),
  ];
  // The schema was checked, so the value has the type that the schema describes.
  return fill(groupSection, layers, (text) => text) as GroupValue;
}

/** @param tree a file in which `schemas` matches the schema */
export function fillSchemas(tree: MapTree): SchemasValue {
  const option = manifestSchema.properties.schemas;
  const own = subtree(tree, ['schemas']);
  return fill(option, [own === null ? undefined : plainValue(own, option)], (text) => text) as SchemasValue;
}

/** @param tree the joined sections about the process, which match the schema */
export function fillProcess(tree: MapTree, sources: Sources): ProcessValue {
  const { kafka, producer, observability, shutdown, store, gateway } = manifestSchema.properties;
  const properties = { kafka, producer, observability, shutdown, store, gateway };
  const option = { type: 'object', properties } as const;
  const expandDefault = (text: string): string => {
    const expanded = expand(text, sources);
    if (expanded.kind === 'text') return expanded.text;
    // Defaults with a substitution all have a `:-`.
    throw new InternalError('RT_INTERNAL', `the default ${text} has no value`, { retryable: false });
  };
  const written = plainValue(tree, manifestSchema);
  return fill(option, [written, profileOf(written)], expandDefault) as ProcessValue;
}

/** `producer.profile`: between what is written and the defaults. */
function profileOf(written: PlainValue): PlainValue | undefined {
  const name = valueAt(valueAt(written, 'producer'), 'profile');
  if (typeof name !== 'string') return undefined;
  return { producer: producerProfiles[name as keyof typeof producerProfiles] };
}

/**
 * @param layers what was written, the nearest first; values must match the schema
 * @param expandDefault carries out a substitution in a default such as `${HOSTNAME:-}`
 * @returns the whole value; options without default that nobody wrote are left out
 */
function fill(
  option: Option,
  layers: readonly (PlainValue | undefined)[],
  expandDefault: (text: string) => string,
): unknown {
  const { properties } = option;
  if (option.type === 'object' && properties !== undefined) {
    const filled: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(properties)) {
      const value = fill(
        inner,
        layers.map((layer) => valueAt(layer, key)),
        expandDefault,
      );
      if (value !== undefined) filled[key] = value;
    }
    return filled;
  }
  const written = layers.find((layer) => layer !== undefined);
  if (written !== undefined) return written;
  return typeof option.default === 'string' ? expandDefault(option.default) : option.default;
}

function valueAt(value: PlainValue | undefined, key: string): PlainValue | undefined {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isMap(value: PlainValue | undefined): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
