/**
 * Several manifests in one process: groups stand side by side, `defaults` belong to their own file, and the sections
 * about the process as a whole are joined key by key. Two files may say the same thing, never different things.
 */

import { optionOf, plainValue } from './plain-value.ts';
import { type Path, type Problem, problem } from './problem.ts';
import { manifestSchema } from './schema/schema.ts';
import type { Option } from './schema/section.ts';
import { describe, type Entry, type MapTree } from './tree.ts';

export const processSections = ['kafka', 'producer', 'observability', 'shutdown', 'store', 'gateway'] as const;

/** @param trees of files that match the schema, in the order given; at least one */
export function mergeProcessSections(trees: readonly [MapTree, ...MapTree[]]): {
  tree: MapTree;
  problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const join = (path: Path, option: Option | undefined, first: MapTree, second: MapTree): MapTree => {
    const entries = new Map<string, Entry>(first.entries);
    for (const [key, entry] of second.entries) {
      const earlier = entries.get(key);
      const inner = [...path, key];
      const innerOption = optionOf(option, key);
      if (earlier === undefined) entries.set(key, entry);
      else if (earlier.value.kind === 'map' && entry.value.kind === 'map') {
        entries.set(key, { ...earlier, value: join(inner, innerOption, earlier.value, entry.value) });
      } else if (!same(earlier, entry, innerOption)) {
        const { file, line, col } = earlier.keyAt;
        const want = 'the same value in both files, or the key in one of them';
        const got = describe(entry.value, inner);
        problems.push(problem(entry.keyAt, inner, `differs from ${file}:${line}:${col}`, { got, want }));
      }
    }
    return { ...first, entries };
  };
  const [first, ...rest] = trees.map(onlyProcessSections) as [MapTree, ...MapTree[]];
  return { tree: rest.reduce((joined, tree) => join([], manifestSchema, joined, tree), first), problems };
}

function onlyProcessSections(tree: MapTree): MapTree {
  const entries = [...tree.entries].filter(([key]) => (processSections as readonly string[]).includes(key));
  return { ...tree, entries: new Map(entries) };
}

function same(a: Entry, b: Entry, option: Option | undefined): boolean {
  return JSON.stringify(plainValue(a.value, option)) === JSON.stringify(plainValue(b.value, option));
}
