/**
 * The library's nodes to a `Tree`: aliases, merge keys, and the limits that keep a hostile file harmless.
 *
 * The library would expand an alias bomb, return a cycle as a cycle and only warn about unknown tags, so its own
 * conversion is not used. An anchor is converted once and shared; how large and how deep the tree becomes when every
 * alias is spread out is added up, not tried out.
 */

import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { type Path, type Position, type Problem, problem } from './problem.ts';
import { syntaxErrors } from './syntax-errors.ts';
import type { Entry, ScalarTree, Tree } from './tree.ts';

/** A manifest needs less than ten; the walk and everything after it may recurse this deep. */
const depthMax = 64;

/** Nodes after aliases are spread out: a thousand groups with everything written out. */
const nodesMax = 100_000;

const coreTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** Keys that JavaScript objects understand; no name of ours, and never a user's. */
const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** A tree and how many nodes and levels it has when every alias is spread out. */
interface Converted {
  readonly tree: Tree;
  readonly nodes: number;
  readonly levels: number;
}

/** One walk over one document; `problems` is what was found on the way. */
export class Walk {
  readonly problems: Problem[] = [];
  /** Null while the anchor's own value is being converted: an alias to it would be a cycle. */
  readonly #anchors = new Map<string, Converted | null>();
  readonly #place: (offset: number) => Position;

  constructor(place: (offset: number) => Position) {
    this.#place = place;
  }

  convert(node: Node | null, path: Path, depth: number, fallbackAt?: Position): Converted {
    const at = node?.range ? this.#place(node.range[0]) : (fallbackAt ?? this.#place(0));
    if (node === null) return leaf(at, null, true);
    if (depth > depthMax) return this.#refuse(at, depthProblem(at, path));
    if (isAlias(node)) return this.#follow(node.source, at, path, depth);

    const anchor = 'anchor' in node && typeof node.anchor === 'string' ? node.anchor : null;
    if (anchor !== null) this.#anchors.set(anchor, null);
    const converted = this.#convertValue(node, at, path, depth);
    if (anchor !== null) this.#anchors.set(anchor, converted);
    return converted;
  }

  #convertValue(node: Node, at: Position, path: Path, depth: number): Converted {
    const tag = 'tag' in node ? node.tag : undefined;
    if (tag !== undefined && !coreTags.has(tag)) {
      const want =
        'a plain value; tags other than !!str, !!int, !!float, !!bool, !!null, !!map, !!seq have no meaning here';
      return this.#refuse(at, problem(at, path, 'unknown tag', { got: tag.replace('tag:yaml.org,2002:', '!!'), want }));
    }
    if (isScalar(node)) return this.#convertScalar(node, at, path);
    if (isMap(node)) return this.#convertMap(node.items as Item[], at, path, depth);
    if (!isSeq(node)) return this.#refuse(at, problem(at, path, syntaxErrors.IMPOSSIBLE));

    const items = node.items.map((item, index) => this.convert(item as Node, [...path, index], depth + 1, at));
    return this.#sum(at, path, { kind: 'list', at, items: items.map((item) => item.tree) }, items);
  }

  #convertScalar(node: { value: unknown; type?: string | undefined }, at: Position, path: Path): Converted {
    const { value } = node;
    const tooLarge = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
    if (tooLarge || typeof value === 'bigint') {
      const want = 'a number up to 9007199254740991; put quotes around it if it is a text';
      return this.#refuse(at, problem(at, path, 'a number that cannot be kept exactly', { want }));
    }
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return leaf(at, known, node.type === 'PLAIN');
  }

  #convertMap(pairs: readonly Item[], at: Position, path: Path, depth: number): Converted {
    const entries = new Map<string, Entry>();
    const parts: Converted[] = [];
    const merged: { readonly converted: Converted; readonly at: Position }[] = [];
    for (const { key, value } of pairs) {
      const keyAt = key.range ? this.#place(key.range[0]) : at;
      const name = typeof key.value === 'string' ? key.value : String(key.value ?? '');
      const converted = this.convert(value, [...path, name], depth + 1, keyAt);
      parts.push(converted);
      const earlier = entries.get(name);
      if (name === '<<' && key.type === 'PLAIN') merged.push({ converted, at: keyAt });
      else if (prototypeKeys.has(name)) this.problems.push(problem(keyAt, [...path, name], 'unknown key'));
      else if (earlier === undefined) entries.set(name, { keyAt, value: converted.tree });
      else {
        const first = `first on line ${earlier.keyAt.line}, again on line ${keyAt.line}`;
        this.problems.push(problem(keyAt, [...path, name], `the key is given twice: ${first}`));
      }
    }
    // What is written here wins over what is merged, wherever the `<<` stands.
    for (const { converted, at: mergeAt } of merged) this.#merge(converted.tree, entries, mergeAt, path);
    return this.#sum(at, path, { kind: 'map', at, entries }, parts);
  }

  #merge(source: Tree, entries: Map<string, Entry>, at: Position, path: Path): void {
    const maps = source.kind === 'list' ? source.items : [source];
    for (const one of maps) {
      if (one.kind === 'scalar' && one.value === null) continue; // nothing, or refused before
      if (one.kind !== 'map') {
        this.problems.push(problem(at, [...path, '<<'], 'not a merge', { want: 'a map, an alias of one, or a list' }));
        continue;
      }
      for (const [name, entry] of one.entries) if (!entries.has(name)) entries.set(name, entry);
    }
  }

  #follow(name: string, at: Position, path: Path, depth: number): Converted {
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#refuse(at, problem(at, path, `no anchor &${name} before this alias`));
    if (target === null) return this.#refuse(at, problem(at, path, `a cyclic alias: *${name} stands inside &${name}`));
    if (depth + target.levels - 1 > depthMax) return this.#refuse(at, depthProblem(at, path));
    return target;
  }

  #sum(at: Position, path: Path, tree: Tree, parts: readonly Converted[]): Converted {
    const nodes = parts.reduce((sum, part) => sum + part.nodes, 1);
    const levels = parts.reduce((most, part) => Math.max(most, part.levels), 0) + 1;
    if (nodes <= nodesMax) return { tree, nodes, levels };
    const what = `too many values, counting what aliases repeat`;
    return this.#refuse(at, problem(at, path, what, { want: `${nodesMax} at most` }));
  }

  /** One problem, and an empty value in its place so that the walk goes on. */
  #refuse(at: Position, why: Problem): Converted {
    this.problems.push(why);
    return leaf(at, null, true);
  }
}

interface Item {
  readonly key: {
    readonly value: unknown;
    readonly type?: string;
    readonly range?: readonly [number, number, number] | null;
  };
  readonly value: Node | null;
}

function leaf(at: Position, value: ScalarTree['value'], plain: boolean): Converted {
  return { tree: { kind: 'scalar', at, value, plain, references: [], whole: false }, nodes: 1, levels: 1 };
}

export function depthProblem(at: Position, path: Path): Problem {
  return problem(at, path.slice(0, 3), 'nested too deep', { want: `${depthMax} levels at most` });
}
