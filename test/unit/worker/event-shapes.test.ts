import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { anyEvents, type SchemaSettings } from '../../../runtime/core/event-types.ts';
import { loadShapes, SchemaError } from '../../../runtime/worker/event-shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'shapes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schema = {
  type: 'object',
  required: ['amount'],
  additionalProperties: false,
  properties: { amount: { type: 'integer' } },
};
const events = [{ type: 'Placed', file: '/placed.json', schema }];

function load(part: Partial<SchemaSettings>) {
  return loadShapes({ ...anyEvents, ...part });
}

function upcastFile(name: string, text: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, text);
  return file;
}

test('a type without schema and without upcast has no shape', async () => {
  expect((await load({})).of('Placed')).toBeNull();
  expect((await load({ events })).of('Other')).toBeNull();
});

test('a value is held against the schema of its type; the message says where', async () => {
  const shape = (await load({ events })).of('Placed')!;
  expect(shape({ amount: 3 })).toEqual({ amount: 3 });
  expect(() => shape({ amount: 3.5 })).toThrow('the value is no Placed: /amount must be integer');
  expect(() => shape({ amount: 3, more: 1 })).toThrow(/more/);
});

test('older values are brought into the newest shape first', async () => {
  const upcast = upcastFile(
    'older',
    'export default (type, data) => type === "Placed" ? { amount: data.total } : data;',
  );
  const shapes = await load({ events, upcast });
  expect(shapes.of('Placed')!({ total: 3 })).toEqual({ amount: 3 });
  expect(shapes.of('Other')!({ total: 3 })).toEqual({ total: 3 });
});

test('an upcast that throws is a fault of the value', async () => {
  const upcast = upcastFile('throws', 'export default () => { throw new Error("version 0 is too old"); };');
  const shape = (await load({ upcast, invalid: 'fail' })).of('Placed')!;
  expect(() => shape({})).toThrow(SchemaError);
  expect(() => shape({})).toThrow('schemas.upcast of Placed: version 0 is too old');
});

test('a module without a function is refused when it is loaded', async () => {
  const upcast = upcastFile('nothing', 'export const upcast = 1;');
  await expect(load({ upcast })).rejects.toThrow('no default export that is a function');
});
