// Whatever stands in a file: settings, or problems with places. Never another exception.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Files } from '../../../runtime/manifest/files.ts';
import { loadManifests } from '../../../runtime/manifest/load.ts';
import { InvalidManifest, type Problem } from '../../../runtime/manifest/problem.ts';
import { manifestSchema } from '../../../runtime/manifest/schema/schema.ts';
import type { Option } from '../../../runtime/manifest/schema/section.ts';

/** A disk with one file on it, however it is called. */
function diskWith(text: string): Files {
  const bytes = new TextEncoder().encode(text);
  return {
    stat: () => ({ kind: 'file', bytes: bytes.length }),
    read: () => bytes,
    checkReadable: () => {},
    realpath: (path) => path,
  };
}

function problemsOf(text: string): readonly Problem[] {
  try {
    const options = { env: { A: 'x' }, cwd: '/p', random: () => 0.5, hostname: 'box', cpus: 2, files: diskWith(text) };
    expect(loadManifests(['junk.yaml'], options).groups.length).toBeGreaterThan(0);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidManifest)) throw error;
    expect(error.message.split('\n')).toHaveLength(error.problems.length);
    expect(error.problems.length).toBeGreaterThan(0);
    return error.problems;
  }
}

function check(text: string): void {
  const lines = text.split('\n').length;
  for (const one of problemsOf(text)) {
    if (one.line === 0) expect(one.message).toBe('not a text: it contains the character NUL');
    else expect(one.col).toBeGreaterThan(0);
    expect(one.line).toBeLessThanOrEqual(lines);
    expect(one.message).not.toMatch(/\[object/);
  }
}

function keysOf(option: Option): string[] {
  const all = [...Object.entries(option.properties ?? {})];
  const below = [...all.map(([, one]) => one), ...(option.items ? [option.items] : [])];
  if (option.additionalProperties) below.push(option.additionalProperties);
  return [...all.map(([key]) => key), ...below.flatMap(keysOf)];
}

test('any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 300 });
});

test('pieces of YAML in any order', () => {
  const pieces = [
    'a',
    ':',
    ': ',
    '- ',
    '\n',
    '  ',
    '\t',
    '{',
    '}',
    '[',
    ']',
    ',',
    '&x ',
    '*x',
    '<<: ',
    '!!binary ',
    '"',
    "'",
    '|',
    '>',
    '#',
    '---\n',
    '...\n',
    '? ',
    '%YAML 1.1\n',
    '${A}',
    '${',
    'groups',
    'version',
    '1',
    '~',
    '\r\n',
    '\uFEFF',
    '!',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => check(parts.join(''))),
    { numRuns: 1000 },
  );
});

test('known keys with values of any kind', () => {
  const key = fc.constantFrom(
    ...new Set(keysOf(manifestSchema)),
    'g',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'length',
  );
  const scalar = fc.oneof(
    fc.constantFrom(
      '1s',
      '1KiB',
      'auto',
      '${A}',
      '${B}',
      '$${A}',
      'all',
      0,
      1,
      -1,
      1.5,
      true,
      null,
      Number.NaN,
      2 ** 60,
    ),
    fc.string({ maxLength: 8 }),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      scalar,
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));
  const manifest = fc.dictionary(fc.constantFrom(...Object.keys(manifestSchema.properties)), value, { minKeys: 1 });
  fc.assert(
    fc.property(manifest, (object) => check(stringify(object))),
    { numRuns: 500 },
  );
});
