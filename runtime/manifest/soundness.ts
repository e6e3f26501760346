/** Which keys of which files nothing is known to be wrong with, so that they can be compiled. */
import { type Path, type Problem, renderPath } from './problem.ts';

/** @param problems all that is known by now @returns whether nothing is wrong at a key of a file, or inside it */
export function soundness(problems: readonly Problem[]): (file: string, path: Path) => boolean {
  const byFile = new Map<string, Set<string>>();
  for (const { file, path } of problems) {
    const paths = byFile.get(file);
    if (paths === undefined) byFile.set(file, new Set([path]));
    else paths.add(path);
  }
  // Sorted, as thousands of groups may ask about as many problems.
  const wrong = new Map([...byFile].map(([file, paths]) => [file, [...paths].sort()]));
  return (file, path) => {
    const sorted = wrong.get(file);
    if (sorted === undefined) return true;
    const key = renderPath(path);
    return sorted[0] !== '' && !hasInside(sorted, key);
  };
}

/** @param sorted rendered paths @returns whether one of them is `key` or begins with it and a further step */
function hasInside(sorted: readonly string[], key: string): boolean {
  return (
    sorted[lowerBound(sorted, key)] === key ||
    sorted[lowerBound(sorted, `${key}.`)]?.startsWith(`${key}.`) === true ||
    sorted[lowerBound(sorted, `${key}[`)]?.startsWith(`${key}[`) === true
  );
}

/** Index of the first element that is not below `text`. */
function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
