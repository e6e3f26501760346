/** What an option accepts, in words, for the "want" of a message. */

import { acceptedDurations, acceptedSizes } from '../core/units.ts';
import type { Option } from './schema/section.ts';

export function wanted(option: Option): string {
  if (option.want !== undefined) return option.want;
  if (option.enum !== undefined) return oneOf(option.enum.map(String));
  if (option.duration !== undefined) {
    return `a duration from ${option.duration.min} to ${option.duration.max}: ${acceptedDurations}`;
  }
  if (option.size !== undefined) return `a size from ${option.size.min} to ${option.size.max}: ${acceptedSizes}`;
  const types = typeof option.type === 'string' ? [option.type] : option.type;
  return types.map((type) => wantedOfType(type, option)).join(' or ');
}

function wantedOfType(type: string, option: Option): string {
  switch (type) {
    case 'integer':
    case 'number': {
      const noun = type === 'integer' ? 'an integer' : 'a number';
      return option.minimum === undefined ? noun : `${noun} from ${option.minimum} to ${option.maximum}`;
    }
    case 'string':
      return option.maxLength === undefined ? 'a text' : `a text of at most ${option.maxLength} characters`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return option.items === undefined ? 'a list' : `a list; each element ${wanted(option.items)}`;
    default: {
      const keys = Object.keys(option.properties ?? {});
      return keys.length === 0 ? 'a map' : `a map with ${oneOf(keys)}`;
    }
  }
}

/** `a, b or c` */
export function oneOf(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? 'nothing') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
