/** Where a key or an id is: `key`, `header:<name>` or a path in the value, as settings have it. */
import type { KeySource } from '../core/settings.ts';

/** @param path such as `$.customer.ids[0]` */
export function stepsOf(path: string): readonly string[] {
  return path.match(/[A-Za-z_][A-Za-z0-9_-]*|[0-9]+/g) ?? [];
}

/** @param text matches the pattern of `concurrency.keyFrom` and `dedupe.by` */
export function compileKeySource(text: string): KeySource {
  if (text === 'key') return { kind: 'key' };
  if (text.startsWith('header:')) return { kind: 'header', name: text.slice('header:'.length) };
  return { kind: 'path', path: stepsOf(text) };
}
