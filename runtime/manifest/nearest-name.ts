/** Which known name somebody meant who wrote an unknown one. */

/**
 * The known name with the fewest edits (insert, delete, replace, swap of neighbours; case does not count), or null when
 * none is near: one edit per three letters, so that `retrys` finds `retry`, and `2` does not find `1`.
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  // A name that long is no typing mistake, and the comparison is quadratic.
  if (name.length > 40) return null;
  let best: string | null = null;
  let bestEdits = Math.floor(name.length / 3) + 1;
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** Optimal string alignment distance, row by row. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let edits = Math.min(replace, last[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, beforeLast[column - 2]! + 1);
      current.push(edits);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
