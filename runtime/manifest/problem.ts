/**
 * What is wrong with a manifest, and where. All problems of all files are collected and reported at once, one line
 * each, so that nobody has to fix a file one error at a time.
 */

import { ManifestError } from '../core/errors.ts';

/** A place in a file, both counted from 1. Line 0 means the file as a whole. */
export interface Position {
  /** As the user wrote it on the command line. */
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/** Keys and indexes from the root of the manifest. */
export type Path = readonly (string | number)[];

export interface Problem extends Position {
  /** `groups.billing.handlers[1]`; empty for the file as a whole. */
  readonly path: string;
  /** `not a number (got "many", want an integer from 1 to 10000)` */
  readonly message: string;
}

/** One load, all of its problems. The message is the rendered list and needs no stack trace beside it. */
export class InvalidManifest extends ManifestError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('RT_MANIFEST_INVALID', renderProblems(problems), { retryable: false });
    this.problems = problems;
  }
}

/** @param what a sentence without full stop @param found what was there and what belongs there, for the brackets */
export function problem(
  at: Position,
  path: Path,
  what: string,
  found: { readonly got?: string; readonly want?: string } = {},
): Problem {
  const parts = [
    ...(found.got === undefined ? [] : [`got ${found.got}`]),
    ...(found.want === undefined ? [] : [`want ${found.want}`]),
  ];
  const message = parts.length === 0 ? what : `${what} (${parts.join(', ')})`;
  return { file: at.file, line: at.line, col: at.col, path: renderPath(path), message };
}

/**
 * Takes a problem of one group. @param key inside the group; its place is found in the group, in `defaults`, or is the
 * name of the group
 */
export type Report = (key: Path, what: string, found?: { readonly got?: string; readonly want?: string }) => void;

/** One line per problem: `file:line:col path: message`. A line break inside a message or a name is shown as `\n`. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems
    .map((one) => {
      const place = one.line === 0 ? one.file : `${one.file}:${one.line}:${one.col}`;
      const line = one.path === '' ? `${place}: ${one.message}` : `${place} ${one.path}: ${one.message}`;
      // Control characters, and marks that turn the direction of writing, must not reach a terminal.
      return line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escapeCharacter);
    })
    .join('\n');
}

function escapeCharacter(char: string): string {
  return char === '\n' ? '\\n' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** By file in the order given, then by place; a problem that an alias repeats is kept once. */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): readonly Problem[] {
  const rank = (one: Problem): number => files.indexOf(one.file);
  const seen = new Set<string>();
  return problems
    .toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.col - b.col)
    .filter((one) => {
      const key = `${one.file}\0${one.line}\0${one.col}\0${one.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

/** `groups.billing.handlers[1]`; a name that would be misread stands in brackets and quotes. */
export function renderPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
