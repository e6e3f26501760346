/**
 * Holds a value against the schema and says what is wrong in the user's words. The validator finds; which of its
 * findings becomes which sentence is decided here. It never converts a value: `"3"` is not 3.
 */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parseDuration, parseSize } from '../core/units.ts';
import { headline } from './headline.ts';
import { nearestName } from './nearest-name.ts';
import type { PlainValue } from './plain-value.ts';
import { type Path, type Position, type Problem, problem, renderPath } from './problem.ts';
import { manifestSchema } from './schema/schema.ts';
import type { Limits, Option } from './schema/section.ts';
import { describe, keyPosition, quote, subtree, type Tree } from './tree.ts';
import { oneOf, wanted } from './wanted.ts';

/** Of one file. Nobody reads more, and finding the words for a hundred thousand takes seconds. */
export const problemsMax = 1_000;

let compiled: ValidateFunction | null = null;

/** Compiled at the first use: that takes longer than all the rest of a load, and `runtime version` need not pay it. */
function validator(): ValidateFunction {
  if (compiled !== null) return compiled;
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true, verbose: true });
  for (const keyword of ['later', 'laterValues', 'want']) ajv.addKeyword({ keyword, valid: true });
  const within = (parse: (text: string) => number | null) => (limits: Limits, text: string) => {
    const value = parse(text);
    return value !== null && value >= parse(limits.min)! && value <= parse(limits.max)!;
  };
  ajv.addKeyword({ keyword: 'duration', type: 'string', schemaType: 'object', validate: within(parseDuration) });
  ajv.addKeyword({ keyword: 'size', type: 'string', schemaType: 'object', validate: within(parseSize) });
  compiled = ajv.compile(manifestSchema);
  return compiled;
}

/**
 * @param tree where the value was written
 * @returns one problem per place, unsorted, at most `problemsMax`; none when all is well
 */
export function validate(value: PlainValue, tree: Tree): readonly Problem[] {
  const check = validator();
  if (check(value)) return [];
  const places = new Map<string, Problem>();
  for (const error of (check.errors ?? []).toSorted((a, b) => urgency(a) - urgency(b))) {
    const { key, found } = explain(error, tree);
    // A wrong type breaks several keywords at once; the most telling one comes first.
    if (!places.has(key)) places.set(key, found);
    if (places.size === problemsMax) break;
  }
  return [...places.values()];
}

function urgency(error: ErrorObject): number {
  return ['type', 'minLength', 'minItems'].indexOf(error.keyword) >= 0 ? 0 : 1;
}

/** One finding as a sentence, and the place it is about. */
function explain(error: ErrorObject, tree: Tree): { key: string; found: Problem } {
  const option = error.parentSchema as Option;
  const path = pathOf(error.instancePath, tree);
  // A name that is not accepted is reported by `propertyNames` and by the keyword inside it.
  const name = error.propertyName ?? error.params.propertyName;
  if (typeof name === 'string') return about([...path, name], (inner) => invalidName(inner, tree));
  switch (error.keyword) {
    case 'additionalProperties':
      return about([...path, String(error.params.additionalProperty)], (inner) => unknownKey(inner, option, tree));
    case 'required':
      return about([...path, String(error.params.missingProperty)], (inner) => missingKey(inner, option, tree));
    default:
      return about(path, () => wrongValue(error, path, option, tree));
  }
}

function about(path: Path, say: (path: Path) => Problem): { key: string; found: Problem } {
  return { key: renderPath(path), found: say(path) };
}

function invalidName(path: Path, tree: Tree): Problem {
  const want = 'a name of 1 to 249 letters, digits, dots, underscores or hyphens';
  return problem(positionOf(tree, path), path, 'not a name for a group', { want });
}

function missingKey(path: Path, option: Option, tree: Tree): Problem {
  const want = wanted(option.properties?.[String(path.at(-1))] ?? option);
  return problem(positionOf(tree, path), path, 'missing', { want });
}

function unknownKey(path: Path, option: Option, tree: Tree): Problem {
  const at = positionOf(tree, path);
  const name = String(path.at(-1));
  const later = option.later ?? [];
  if (later.includes(name)) return problem(at, path, 'not supported yet (planned); remove the key');
  const known = Object.keys(option.properties ?? {});
  const near = nearestName(name, [...known, ...later]);
  const what = near === null ? 'unknown key' : `unknown key; did you mean ${near}?`;
  return problem(at, path, what, { want: oneOf(known) });
}

function wrongValue(error: ErrorObject, path: Path, option: Option, tree: Tree): Problem {
  const value = subtree(tree, path);
  const at = value?.at ?? positionOf(tree, path);
  const text = value?.kind === 'scalar' && value.references.length === 0 ? String(value.value) : null;
  if (error.keyword !== 'type' && text !== null && option.laterValues !== undefined) {
    if (new RegExp(option.laterValues).test(text)) {
      return problem(at, path, `${quote(text)} is not supported yet (planned)`, { want: wanted(option) });
    }
  }
  if (path[0] === 'groups' && path.length === 1 && error.keyword === 'minProperties') {
    return problem(at, path, 'no groups', { got: 'an empty map', want: 'at least one group' });
  }
  const near = error.keyword === 'enum' && text !== null ? nearestName(text, (option.enum ?? []).map(String)) : null;
  const what =
    near === null ? headline(error, option, value) : `${headline(error, option, value)}; did you mean ${near}?`;
  const got =
    error.keyword === 'uniqueItems' ? `element ${error.params.i} equal to element ${error.params.j}` : undefined;
  return problem(at, path, what, { got: got ?? describe(value, path), want: wanted(option) });
}

/** Ajv's pointer (`/groups/a~1b/handlers/0`) as a path; which steps are indexes, only the tree knows. */
function pathOf(pointer: string, tree: Tree): Path {
  const path: (string | number)[] = [];
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(subtree(tree, path)?.kind === 'list' ? Number(name) : name);
  }
  return path;
}

/** The place of a key, or of the nearest thing around it that was written. */
function positionOf(tree: Tree, path: Path): Position {
  for (let length = path.length; length > 0; length--) {
    const found = keyPosition(tree, path.slice(0, length));
    if (found !== null) return found;
  }
  return tree.at;
}
