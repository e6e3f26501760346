/** Shapes of YAML that have cost readers their memory, their stack or their time; sizes up to what a manifest may have. */
import type { Random } from '../../runtime/core/random.ts';
import { chance, pick, whole } from './choose.ts';

/** The manifest loader's own limit; a longer file is refused unread. */
export const bytesMax = 128 * 1024;

/** @param keys to write into the shapes */
export function hostileYaml(random: Random, keys: readonly string[]): string {
  // Large ones take most of a second each, so they are rare.
  const large = chance(random, 0.01);
  const size = large ? bytesMax - 100 : whole(random, 600);
  return pick(random, shapes)(size, random, keys).slice(0, bytesMax);
}

export type Shape = (size: number, random: Random, keys: readonly string[]) => string;

export const shapes: readonly Shape[] = [
  // Depth.
  (size, random) =>
    `groups: ${pick(random, ['[', '{a: ', '- ', '? ', '!!map {', '&a ', '"', '!']).repeat(size).slice(0, size)}`,
  (size) => Array.from({ length: Math.min(Math.sqrt(2 * size), 1_400) }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  // Aliases that multiply, and ones that stand in themselves.
  (_size, random) => aliasBomb(1 + whole(random, 40), 1 + whole(random, 12)),
  (_size, random) => pick(random, ['groups: &x\n  g: *x\n', 'a: &x [*x]\n', 'groups: &x\n  <<: *x\n', '&a *a : *a\n']),
  (size, _random, [key]) => `a: &a {${key}: 1}\ngroups:\n${repeated(size, (i) => `  g${i}: {<<: *a}\n`)}`,
  (size) => `a: &a 1\ngroups: [${repeated(size, () => '*a, ')}]\n`,
  // Width: many keys, many mistakes, many of the same.
  (size, random, keys) =>
    repeated(size, (i) => `${pick(random, keys)}${i}: ${pick(random, ['1', '{', '"', '\t', ': :', '*x'])}\n`),
  (size) => repeated(size, () => 'a: 1\n'),
  (size, random) => `groups:\n${repeated(size, (i) => `  g${i}: { topicPrefix: ${pick(random, ['a', '.', '"'])} }\n`)}`,
  (size) => repeated(size, () => '- : [\n'),
  (size) => repeated(size, () => '---\n'),
  (size) => repeated(size, (i) => `? [${i}]\n: {\n`),
  (size) => `groups: { g: { topics: [${repeated(size, (i) => `t${i}, `)}], handlers: ../a.ts } }\n`,
  (size) => `groups: { g: { topics: [a], handlers: [${repeated(size, () => '../a.ts, ')}] } }\n`,
  // Numbers, texts and substitutions without end.
  (size, random) => `version: ${pick(random, ['', '-', '0x', '0o', '1e', '.', '1.'])}${'9'.repeat(size)}\n`,
  (size, random) =>
    `kafka: { clientId: "${pick(random, ['${A}', '${', '$', '}', '${A:-', '${file:', 'x', ' ', '\\u0000'])
      .repeat(size)
      .slice(0, size)}" }\n`,
  (size, random) =>
    `kafka: { requestTimeout: "${pick(random, ['1', '1 ', '1s', 'ms', '.']).repeat(size).slice(0, size)}" }\n`,
  (size, random) =>
    `groups: { g: { topics: ["${pick(random, ['a', '.', 'a.', '^(a+)+$', 'ä', '\\n']).repeat(size)}"] } }\n`,
  (size, random) => `groups: ${pick(random, ['|', '>', '|+9', '>-'])}\n${repeated(size, () => ' x\n\n')}`,
  (size) => `# ${'#'.repeat(size)}\n`,
  (size) => ' '.repeat(size),
  (size, random) =>
    `%${pick(random, ['YAML 1.1', 'YAML 9.9', 'TAG ! tag:x,2000:', 'X'])}\n${'%TAG !a! b\n'.repeat(size / 20)}---\na: 1\n`,
];

function repeated(size: number, part: (index: number) => string): string {
  const parts: string[] = [];
  for (let length = 0; length < size; length += parts.at(-1)!.length) parts.push(part(parts.length));
  return parts.join('');
}

function aliasBomb(levels: number, width: number): string {
  const line = (_: unknown, i: number): string =>
    `a${i}: &a${i} [${Array(width)
      .fill(i === 0 ? 'x' : `*a${i - 1}`)
      .join(', ')}]`;
  return `${Array.from({ length: levels }, line).join('\n')}\n`;
}
