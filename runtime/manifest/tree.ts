/**
 * A manifest after parsing: maps, lists and scalars that remember where they were written.
 *
 * Nothing here knows YAML or the schema. Aliases are already followed, so one subtree may hang in several places;
 * trees are never changed.
 */

import type { Path, Position } from './problem.ts';

export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: 'map';
  readonly at: Position;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly keyAt: Position;
  readonly value: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly Tree[];
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly value: string | number | boolean | null;
  /** Written without quotes. */
  readonly plain: boolean;
  /** The substitutions that went into the value, as `${NAME}`. Such a value is never shown. */
  readonly references: readonly string[];
  /** The value is one substitution and nothing else. */
  readonly whole: boolean;
}

/** The subtree at a path, or null when the manifest does not say anything there. */
export function subtree(tree: Tree | null, path: Path): Tree | null {
  let here = tree;
  for (const step of path) {
    if (here?.kind === 'map' && typeof step === 'string') here = here.entries.get(step)?.value ?? null;
    else if (here?.kind === 'list' && typeof step === 'number') here = here.items[step] ?? null;
    else return null;
  }
  return here;
}

/** Where a key is written, or the value for an element of a list; null when there is none. */
export function keyPosition(tree: Tree | null, path: Path): Position | null {
  const last = path.at(-1);
  const parent = subtree(tree, path.slice(0, -1));
  if (parent?.kind === 'map' && typeof last === 'string') return parent.entries.get(last)?.keyAt ?? null;
  return subtree(tree, path)?.at ?? null;
}

/** Longest text of a value that a message repeats. */
const shownMax = 60;

/** Names of fields, at any depth, whose values no message repeats. */
const secretName = /pass(word|wd|phrase)?|secret|token|credential|authori[sz]ation|private|sasl/i;

/**
 * What stands at a place, for the "got" of a message. Never the value behind a substitution, and never the value of a
 * field whose name, or whose parent's name, says that it is a secret.
 */
export function describe(tree: Tree | null, path: Path): string {
  if (tree === null) return 'nothing';
  if (tree.kind === 'map') return 'a map';
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list';
  if (tree.references.length > 0) return `the value of ${tree.references.join(' and ')}`;
  if (tree.value === null) return 'nothing';
  if (path.some((step, index) => isSecretName(step, index, path))) return 'a value not shown here';
  if (typeof tree.value !== 'string') return String(tree.value);
  return quote(tree.value);
}

/** The name of a group is a name, not a field: `groups.token-issuer` holds no more secrets than others. */
function isSecretName(step: string | number, index: number, path: Path): boolean {
  const isGroup = index === 1 && path[0] === 'groups';
  return typeof step === 'string' && !isGroup && secretName.test(step);
}

/** A text in quotes, cut to a readable length. */
export function quote(text: string): string {
  return JSON.stringify(text.length > shownMax ? `${text.slice(0, shownMax)}…` : text);
}
