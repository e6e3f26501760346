/**
 * A tree as plain data, for the validator and the compiler. Maps have no prototype, so that no key of a user can be
 * mistaken for something that JavaScript put there.
 */

import type { Option } from './schema/section.ts';
import type { ScalarTree, Tree } from './tree.ts';

export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: PlainValue;
}

/** @param option what the schema wants here, as far as it knows the place; decides what a substituted text becomes */
export function plainValue(tree: Tree, option: Option | undefined): PlainValue {
  switch (tree.kind) {
    case 'list':
      return tree.items.map((item) => plainValue(item, option?.items));
    case 'map': {
      const map: Record<string, PlainValue> = Object.create(null);
      for (const [name, entry] of tree.entries) map[name] = plainValue(entry.value, optionOf(option, name));
      return map;
    }
    case 'scalar':
      return tree.whole ? typedText(tree, option) : tree.value;
    default:
      return tree satisfies never;
  }
}

/** The option of one key of a map: its own, or the one for all keys. */
export function optionOf(option: Option | undefined, key: string): Option | undefined {
  if (option?.properties !== undefined && Object.hasOwn(option.properties, key)) return option.properties[key];
  return option?.additionalProperties === false ? undefined : option?.additionalProperties;
}

/** A substituted text becomes a number or true/false where the schema wants one and YAML would read it as one. */
function typedText(scalar: ScalarTree, option: Option | undefined): PlainValue {
  const { value } = scalar;
  if (typeof value !== 'string' || option === undefined) return value;
  const types: readonly string[] = typeof option.type === 'string' ? [option.type] : option.type;
  if (types.includes('boolean') && /^(true|True|TRUE|false|False|FALSE)$/.test(value)) return /^t/i.test(value);
  const number = /^[-+]?(\d+|0x[0-9a-fA-F]+|0o[0-7]+|(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?)$/;
  if ((types.includes('integer') || types.includes('number')) && number.test(value)) return Number(value);
  return value;
}
