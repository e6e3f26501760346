// Row S-104.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../../runtime/cli/run.ts';

const money = {
  type: 'object',
  properties: { amount: { type: 'string' } },
  required: ['amount'],
  additionalProperties: false,
};
const order = {
  type: 'object',
  properties: { total: { $ref: '#/$defs/Money' }, note: { type: ['string', 'null'] } },
  required: ['total'],
  additionalProperties: false,
  $defs: { Money: money },
};

/** A project whose manifest registers these schemas. @returns what a command in it prints */
function scene(schemas: Readonly<Record<string, object | boolean>>) {
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
  mkdirSync(join(folder, 'schemas'));
  write('package.json', '{}');
  write('handler.mjs', 'export default {};');
  const events = Object.entries(schemas).map(([type, schema], index) => {
    write(`schemas/${index}.json`, JSON.stringify(schema));
    return `${JSON.stringify(type)}: ./schemas/${index}.json`;
  });
  const list = events.length === 0 ? '' : `schemas: { events: { ${events.join(', ')} } }\n`;
  write('m.yaml', `${list}groups:\n  billing: { topicPrefix: orders, handlers: ./handler.mjs }\n`);
  const types = async (...args: readonly string[]) => {
    const printed = { out: '', err: '' };
    const exitCode = await run(['types', ...args], {
      out: (text) => {
        printed.out += text;
      },
      err: (text) => {
        printed.err += text;
      },
      isTTY: false,
      colors: false,
      env: {},
      cwd: folder,
    });
    return { exitCode, ...printed };
  };
  return { folder, write, types, written: () => readFileSync(join(folder, 'gen/events.ts'), 'utf8') };
}

const args = ['m.yaml', '-o', 'gen/events.ts'];

test('writes an interface for each event and the map of them, which compile', { timeout: 60_000 }, async () => {
  const { folder, types, write, written } = scene({ OrderPlaced: order, 'order.shipped': order, Anything: true });
  expect(await types(...args)).toEqual({ exitCode: 0, out: 'gen/events.ts: 3 event types\n', err: '' });
  expect(written()).toContain(
    'export interface Events {\n  Anything: Anything;\n  OrderPlaced: OrderPlaced;\n  "order.shipped": OrderShipped;\n}',
  );
  write(
    'use.ts',
    `import type { Events } from './gen/events.ts';
     export const placed: Events['OrderPlaced'] = { total: { amount: '3' }, note: null };
     // @ts-expect-error an amount is a text
     export const wrong: Events['order.shipped'] = { total: { amount: 3 } };`,
  );
  const tsc = resolve(import.meta.dirname, '../../../node_modules/typescript/bin/tsc');
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--allowImportingTsExtensions',
    join(folder, 'use.ts'),
  ];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags], { cwd: folder, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('--check says when the file is stale, and writes nothing', async () => {
  const { types, write, written } = scene({ OrderPlaced: order });
  expect(await types(...args, '--check')).toMatchObject({ exitCode: 1, err: expect.stringContaining('--check') });
  await types(...args);
  expect(await types(...args, '--check')).toMatchObject({ exitCode: 0, err: '' });
  const before = written();
  write('schemas/0.json', JSON.stringify(money));
  expect(await types(...args, '--check')).toMatchObject({ exitCode: 1 });
  expect(written()).toBe(before);
});

test('no event types, and no file to write to, are told', async () => {
  const { types } = scene({});
  expect(await types(...args)).toMatchObject({ exitCode: 1, err: expect.stringContaining('schemas.events') });
  expect(await types('m.yaml')).toMatchObject({ exitCode: 1, err: expect.stringContaining('--out') });
});

test('a manifest of gateway routes alone has types too', async () => {
  const { types, write, written } = scene({});
  write('schemas/order.json', JSON.stringify(order));
  const route = 'POST /orders: { topic: orders.stream, type: OrderPlaced, key: $.id }';
  write('m.yaml', `schemas: { events: { OrderPlaced: ./schemas/order.json } }\ngateway: { routes: { ${route} } }\n`);
  expect(await types(...args)).toEqual({ exitCode: 0, out: 'gen/events.ts: 1 event types\n', err: '' });
  expect(written()).toContain('interface OrderPlaced');
});
