import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { anyEvents } from '../../../runtime/core/event-types.ts';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);

const schema = { type: 'object', required: ['total'], properties: { total: { type: 'number' } } };
project.write('schemas/placed.json', JSON.stringify(schema));
project.write('schemas/broken.json', '{');
project.write('schemas/wrong.json', '{"type":"objekt"}');
project.write('schemas/list.json', '[]');
project.write('schemas/placed.yaml', 'type: object');

function withSchemas(text: string): string {
  return `schemas: ${text}\n${groupWith('')}`;
}

test('schemas are read, and every group of the file has them', () => {
  const { groups } = project.loadText(
    withSchemas(
      '{ typeFrom: $.meta.type, events: { Placed: ../schemas/placed.json }, upcast: ../handlers/a.ts, invalid: skip }',
    ),
  );
  expect(groups.map((group) => group.schemas)).toEqual([
    {
      ...anyEvents,
      typeFrom: { kind: 'path', path: ['meta', 'type'] },
      events: [{ type: 'Placed', file: join(project.folder, 'schemas/placed.json'), schema }],
      upcast: join(project.folder, 'handlers/a.ts'),
      invalid: 'skip',
    },
  ]);
});

test.each([
  ['topic', { kind: 'topic' }],
  ['header:kind', { kind: 'header', name: 'kind' }],
])('typeFrom: %s', (text, source) => {
  expect(project.loadText(withSchemas(`{ typeFrom: "${text}" }`)).groups[0]?.schemas.typeFrom).toEqual(source);
});

test('schemas belong to their own file, as defaults do', () => {
  project.write('manifests/one.yaml', withSchemas('{ typeFrom: topic }'));
  project.write('manifests/two.yaml', groupWith('').replace('  g:', '  h:'));
  const { groups } = project.load(['manifests/one.yaml', 'manifests/two.yaml']);
  expect(groups.map((group) => group.schemas.typeFrom.kind)).toEqual(['topic', 'header']);
});

test.each([
  ['{ events: { Placed: ../schemas/none.json } }', 'schemas.events.Placed', 'no such file'],
  [
    '{ events: { Placed: ../schemas/placed.yaml } }',
    'schemas.events.Placed',
    'not a JSON file; its name must end in .json',
  ],
  ['{ events: { Placed: ../../elsewhere.json } }', 'schemas.events.Placed', 'outside the project'],
  ['{ events: { Placed: ../schemas/broken.json } }', 'schemas.events.Placed', 'not a JSON Schema'],
  ['{ events: { Placed: ../schemas/wrong.json } }', 'schemas.events.Placed', 'not a JSON Schema'],
  ['{ events: { Placed: ../schemas/list.json } }', 'schemas.events.Placed', 'a JSON Schema is an object'],
  ['{ events: { Placed: 3 } }', 'schemas.events.Placed', 'not a text'],
  ['{ events: [] }', 'schemas.events', 'not a map'],
  ['{ upcast: ../handlers/none.ts }', 'schemas.upcast', 'no such file'],
  ['{ upcast: ../schemas/placed.json }', 'schemas.upcast', 'not a module'],
  ['{ typeFrom: body }', 'schemas.typeFrom', 'want header:<name>'],
  ['{ unknownType: drop }', 'schemas.unknownType', 'want dlq, skip or fail'],
  ['{ invalid: retry }', 'schemas.invalid', 'want dlq, skip or fail'],
  ['{ missing: dlq }', 'schemas.missing', 'unknown key'],
])('%s is refused', (text, path, message) => {
  expect(project.problemsOf(withSchemas(text))).toMatchObject([{ path, message: expect.stringContaining(message) }]);
});
