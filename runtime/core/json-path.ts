/** Looks into decoded JSON, where a manifest names a place in it such as `$.customer.ids[0]`. */

/** @param path steps from the root; an index is a string of digits @returns undefined where there is nothing */
export function atPath(data: unknown, path: readonly string[]): unknown {
  let found = data;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}
