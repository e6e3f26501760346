/** What is wrong with a value, in a few words: the part of a message before the brackets. */

import type { ErrorObject } from 'ajv';
import { parseDuration, parseSize } from '../core/units.ts';
import type { Option } from './schema/section.ts';
import type { Tree } from './tree.ts';

/** @param value where it was written; null when it was not */
export function headline(error: ErrorObject, option: Option, value: Tree | null): string {
  const data: unknown = error.data;
  switch (error.keyword) {
    case 'type':
      return wrongType(option, value, data);
    case 'minimum':
      return 'too small';
    case 'maximum':
      return 'too large';
    case 'maxLength':
      return 'too long';
    case 'minLength':
    case 'minItems':
      return 'empty';
    case 'uniqueItems':
      return 'listed twice';
    case 'duration':
      return outside(parseDuration(String(data)), parseDuration(option.duration!.min)!, [
        'a duration',
        'short',
        'long',
      ]);
    case 'size':
      return outside(parseSize(String(data)), parseSize(option.size!.min)!, ['a size', 'small', 'large']);
    default:
      return 'not an accepted value';
  }
}

function outside(value: number | null, min: number, [noun, less, more]: readonly [string, string, string]): string {
  if (value === null) return `not ${noun}`;
  return value < min ? `too ${less}` : `too ${more}`;
}

function wrongType(option: Option, value: Tree | null, data: unknown): string {
  const types = typeof option.type === 'string' ? [option.type] : option.type;
  const shown = value?.kind === 'scalar' && value.references.length === 0;
  const quoted = shown && !value.plain;
  if (types.includes('boolean') && shown && /^(yes|no|on|off|y|n)$/i.test(String(data))) {
    return 'not true or false; yes, no, on and off are texts in YAML 1.2';
  }
  const wantsNumber = types.includes('integer') || types.includes('number');
  if (wantsNumber && quoted && /^-?\d+(\.\d+)?$/.test(String(data))) return 'a text, not a number; remove the quotes';
  if (option.duration !== undefined && typeof data === 'number') return 'a number without a unit, not a duration';
  if (option.size !== undefined && typeof data === 'number' && !wantsNumber)
    return 'a number without a unit, not a size';
  return `not ${types.map((type) => nouns[type] ?? type).join(' or ')}`;
}

const nouns: Readonly<Record<string, string>> = {
  integer: 'an integer',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  null: 'null',
  array: 'a list',
  object: 'a map',
};
