/** Order of texts, for comparing what came in any order: `found.sort(ascending)`. */
export function ascending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
