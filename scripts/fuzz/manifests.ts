/**
 * Broken manifests: the repository's own ones and the examples in its documents, changed as texts; structures of known
 * keys with any values; and shapes that have broken readers of YAML before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Random } from '../../runtime/core/random.ts';
import { manifestSchema } from '../../runtime/manifest/schema/schema.ts';
import type { Option } from '../../runtime/manifest/schema/section.ts';
import { chance, noise, pick, whole } from './choose.ts';
import { hostileYaml } from './hostile-yaml.ts';
import { mutate } from './mutate.ts';

const root = join(import.meta.dirname, '..', '..');
const originals: readonly string[] = [
  ...filesIn('manifests', '.yaml'),
  ...filesIn('test/unit/manifest', '.yaml'),
  ...[...filesIn('.', '.md'), ...filesIn('docs', '.md')].flatMap(yamlBlocks),
];
const originalBytes = originals.map((text) => Buffer.from(text));
const originalLines = originals.flatMap((text) => text.split('\n'));

const oddKeys = ['g', 'toString', '__proto__', 'constructor', 'length', '', '<<', 'a.b', 'ü', '1'];
const keys = [...new Set(keysOf(manifestSchema))];
const values = [
  ...[0, 1, -1, 1.5, 3, 1e9, 2 ** 53, -(2 ** 63), 1e308, Number.NaN, Number.POSITIVE_INFINITY, true, false, null],
  ...['1s', '250ms', '1KiB', '99999999999999999999h', 'auto', 'all', 'none', 'no', 'on', '012', '12:30', ''],
  ...[
    '${A}',
    '${B}',
    '${A:-x}',
    '${EMPTY:-}',
    '${SECRET}',
    '${B:?no}',
    '$${A}',
    '${',
    '${}',
    '${file:secret}',
    '${file:}',
  ],
  ...['${SECRET}${SECRET}', '${A${A}}', '${A:-${A}}', '../handlers/a.ts', '/etc/passwd', 'file:///x.ts', 'a\0b.ts'],
  ...['orders', '../..', '__consumer_offsets', 'x'.repeat(300), '\uD800', '𝕏', '\u2028', '\u202E', '\u0085'],
];

export function brokenManifest(random: Random): Buffer {
  const kind = random();
  if (kind < 0.35) return Buffer.from(changedLines(random));
  if (kind < 0.55) return mutate(random, pick(random, originalBytes), originalBytes);
  if (kind < 0.85) return Buffer.from(stringify(structure(random)));
  if (kind < 0.97) return Buffer.from(hostileYaml(random, [...keys, ...oddKeys]));
  return noise(random, whole(random, 200));
}

function filesIn(folder: string, ending: string): readonly string[] {
  const path = join(root, folder);
  return listed(path)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(path, name), 'utf8'));
}

function listed(path: string): readonly string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return []; // a folder that this version of the repository does not have
  }
}

function yamlBlocks(document: string): readonly string[] {
  return [...document.matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map((found) => found[1]!);
}

function keysOf(option: Option): string[] {
  const named = Object.entries(option.properties ?? {});
  const below = [...named.map(([, one]) => one), ...(option.items ? [option.items] : [])];
  if (option.additionalProperties) below.push(option.additionalProperties);
  return [...named.map(([key]) => key), ...below.flatMap(keysOf)];
}

/** Lines moved, doubled, dropped, indented, or given another value. */
function changedLines(random: Random): string {
  const lines = pick(random, originals).split('\n');
  for (let left = 1 + whole(random, 5); left > 0; left--) {
    const at = whole(random, lines.length);
    const line = lines[at] ?? '';
    const changes = [
      [],
      [line, line],
      [`  ${line}`],
      [line.slice(1)],
      [line.replace(/:.*/, () => `: ${JSON.stringify(pick(random, values)) ?? '~'}`)],
      [line.replace(/:.*/, () => `: ${pick(random, values)}`)],
      [line.replace(/[\w.]+(?=:)/, () => pick(random, keys))],
      [line, pick(random, originalLines)],
    ];
    lines.splice(at, 1, ...pick(random, changes));
  }
  return lines.join(chance(random, 0.1) ? '\r\n' : '\n');
}

function structure(random: Random): unknown {
  const sections = Object.keys(manifestSchema.properties);
  const count = 1 + whole(random, 4);
  return Object.fromEntries(Array.from({ length: count }, () => [pick(random, sections), anyValue(random, 4)]));
}

function anyValue(random: Random, depth: number): unknown {
  const kind = random();
  if (depth === 0 || kind < 0.3) return pick(random, values);
  const size = whole(random, 5);
  if (kind < 0.45) return Array.from({ length: size }, () => anyValue(random, depth - 1));
  const key = (): string => pick(random, chance(random, 0.9) ? keys : oddKeys);
  return Object.fromEntries(Array.from({ length: size }, () => [key(), anyValue(random, depth - 1)]));
}
