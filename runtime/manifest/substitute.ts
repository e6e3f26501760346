/**
 * Puts the environment and files into scalars, after parsing: a value cannot add keys or change the structure.
 *
 *   ${VAR}            the variable; unset or empty is a mistake
 *   ${VAR:-text}      the text when the variable is unset or empty
 *   ${VAR:?message}   unset or empty is a mistake with this message
 *   ${file:/path}     the text of a file without its last line break; relative paths start at the manifest
 *   $${               a plain ${
 *
 * The result is a text. Where the schema wants a number or true/false, a scalar that is one substitution and nothing
 * else becomes one: `port: ${PORT:-8000}` is a number, `clientId: ${ID}` is a text even when ID is 42. Quotes make no
 * difference, since `{ port: "${PORT}" }` cannot be written without them. Keys are left alone.
 */

import { isAbsolute, resolve } from 'node:path';
import { type Files, readText } from './files.ts';
import { type Path, type Problem, problem } from './problem.ts';
import { describe, type Entry, type ScalarTree, type Tree } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where values come from. */
export interface Sources {
  readonly env: Environment;
  readonly files: Files;
  /** Absolute; where relative `${file:…}` paths start. */
  readonly folder: string;
}

/** Secrets and addresses, not documents. */
const fileBytesMax = 65_536;

const accepted = '${VAR}, ${VAR:-default}, ${VAR:?message} or ${file:/path}';

/** The same tree with every substitution carried out; a scalar with a mistake is left as it was. */
export function substitute(tree: Tree, sources: Sources): { tree: Tree; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const visit = (here: Tree, path: Path): Tree => {
    switch (here.kind) {
      case 'map': {
        const entries = new Map<string, Entry>();
        for (const [name, entry] of here.entries) {
          entries.set(name, { keyAt: entry.keyAt, value: visit(entry.value, [...path, name]) });
        }
        return { ...here, entries };
      }
      case 'list':
        return { ...here, items: here.items.map((item, index) => visit(item, [...path, index])) };
      case 'scalar':
        return visitScalar(here, path);
      default:
        return here satisfies never;
    }
  };
  const visitScalar = (scalar: ScalarTree, path: Path): Tree => {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) return scalar;
    const expanded = expand(scalar.value, sources);
    if (expanded.kind === 'text') {
      return { ...scalar, value: expanded.text, references: expanded.references, whole: expanded.whole };
    }
    // A form that is not understood is the user's own text; any other fault names its variable and shows nothing.
    const found = expanded.kind === 'malformed' ? { got: describe(scalar, path), want: accepted } : {};
    problems.push(problem(scalar.at, path, expanded.fault, found));
    return { ...scalar, references: ['a substitution that failed'] };
  };
  return { tree: visit(tree, []), problems };
}

export type Expanded =
  | { readonly kind: 'text'; readonly text: string; readonly whole: boolean; readonly references: readonly string[] }
  | { readonly kind: 'malformed' | 'missing'; readonly fault: string };

/** One text with its substitutions carried out. `whole`: it was one substitution and nothing else. */
export function expand(text: string, sources: Sources): Expanded {
  const references: string[] = [];
  let result = '';
  let at = 0;
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', at)) {
    if (start > at && text[start - 1] === '$') {
      result += `${text.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    const end = text.indexOf('}', start);
    if (end < 0) return { kind: 'malformed', fault: 'a substitution is not closed with }' };
    const value = lookUp(text.slice(start + 2, end), sources);
    if (value.kind !== 'value') return value;
    references.push(value.reference);
    result += text.slice(at, start) + value.text;
    at = end + 1;
  }
  const whole = references.length === 1 && text.startsWith('${') && at === text.length && text.indexOf('}') === at - 1;
  return { kind: 'text', text: result + text.slice(at), whole, references };
}

type Value =
  | { readonly kind: 'value'; readonly text: string; readonly reference: string }
  | { readonly kind: 'malformed' | 'missing'; readonly fault: string };

/** @param body what stands between `${` and `}` */
function lookUp(body: string, sources: Sources): Value {
  if (body.startsWith('file:')) return fileValue(body.slice('file:'.length), sources);
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])(.*))?$/s.exec(body);
  if (match === null || body.includes('${')) return { kind: 'malformed', fault: 'not a substitution' };
  const [, name = '', operator, rest = ''] = match;
  const reference = `\${${name}}`;
  const found = Object.hasOwn(sources.env, name) ? (sources.env[name] ?? '') : '';
  if (found !== '') return { kind: 'value', text: found, reference };
  if (operator === '-') return { kind: 'value', text: rest, reference };
  if (operator === '?' && rest !== '') return { kind: 'missing', fault: `${reference} is not set: ${rest}` };
  const state = Object.hasOwn(sources.env, name) && sources.env[name] !== undefined ? 'empty' : 'not set';
  const advice = `set the variable ${name}, or write \${${name}:-default}`;
  return { kind: 'missing', fault: `${reference} is ${state}; ${advice}` };
}

function fileValue(path: string, sources: Sources): Value {
  if (path === '' || path.includes('${')) return { kind: 'malformed', fault: 'not a substitution' };
  const reference = `\${file:${path}}`;
  const read = readText(sources.files, isAbsolute(path) ? path : resolve(sources.folder, path), fileBytesMax);
  if ('fault' in read) return { kind: 'missing', fault: `${reference}: ${read.fault}` };
  return { kind: 'value', text: read.text.replace(/\r?\n$/, ''), reference };
}
