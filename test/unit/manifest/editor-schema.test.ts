import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { manifestJsonSchema } from '../../../runtime/manifest/editor-schema.ts';

// Strict: a keyword of our own that slipped through would throw.
const matches = new Ajv({ strict: true, allowUnionTypes: true }).compile(manifestJsonSchema());

test('is JSON', () => {
  expect(JSON.parse(JSON.stringify(manifestJsonSchema()))).toEqual(manifestJsonSchema());
});

test('accepts every default written out', () => {
  const agreed = parse(readFileSync(join(import.meta.dirname, 'agreed-defaults.yaml'), 'utf8'));
  matches(agreed);
  expect(matches.errors).toBeNull();
});

test.each([
  ['a group', { groups: { g: { topics: ['a'], handlers: 'a.ts' } } }, true],
  ['handlers with events', { groups: { g: { topics: ['a'], handlers: [{ module: 'a.ts', events: ['*'] }] } } }, true],
  ['a substitution for a number', { observability: { http: { port: '${PORT:-1}' } } }, true],
  ['a text for a number', { observability: { http: { port: '1' } } }, false],
  ['an unknown key', { grups: {} }, false],
  ['a planned key', { include: ['a.yaml'] }, false],
  ['a duration without unit', { shutdown: { timeout: '5' } }, false],
  ['a group without handlers', { groups: { g: { topics: ['a'] } } }, false],
])('%s', (_what, value, accepted) => {
  expect(matches(value)).toBe(accepted);
});
