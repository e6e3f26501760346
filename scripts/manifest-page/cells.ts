import type { Option } from '../../runtime/manifest/schema/section.ts';
import { wanted } from '../../runtime/manifest/wanted.ts';

/** @returns what an option takes, short enough for a table */
export function accepted(option: Option): string {
  const { type, enum: values, duration, size, minimum, maximum, want, default: value } = option;
  if (values !== undefined) return values.map((one) => code(String(one))).join(', ');
  const orNull = value === null ? ', or `null`' : '';
  if (duration !== undefined) return `duration, ${code(duration.min)} to ${code(duration.max)}${orNull}`;
  if (size !== undefined) return `size, ${code(size.min)} to ${code(size.max)}${orNull}`;
  if (want !== undefined) return cell(want);
  if (type === 'object') return 'map';
  if (minimum === undefined || maximum === undefined) return cell(wanted(option));
  const noun = [type].flat().includes('number') ? 'number' : 'integer';
  return `${noun}, ${minimum.toLocaleString('en-US')} to ${maximum.toLocaleString('en-US')}${orNull}`;
}

/** Empty for an empty text: Markdown has no empty code. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', String.raw`\|`)}\``;
}

/** Text that neither ends the cell nor is taken for HTML. */
export function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;');
}
