// ARCHITECTURE.md says which clients and APIs the embedded broker covers; the code must say the same, and nothing more.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answeredApis } from '../../../runtime/broker/apis/all.ts';
import { kafkaVersion } from '../../../scripts/real/kafka-install.ts';
import { pythonPeersFolder } from '../../../scripts/real/python.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
const section = architecture.split(/^## /m).find((one) => one.startsWith('Embedded broker\n')) ?? '';
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('the table has every API that is answered, with its versions, and no other', () => {
  const inTable = rows.filter(([, key]) => /^\d+$/.test(key!)).map(([, key, name, versions]) => [key, name, versions]);
  const inCode = [...answeredApis.values()]
    .sort((a, b) => a.key - b.key)
    .map(({ key, name, versions: [min, max] }) => [String(key), name, `${min} to ${max}`]);
  expect(inTable).toEqual(inCode);
});

test('the versions of the clients are those that the tests install', () => {
  const version = (client: string) => rows.find(([, name]) => name === client)?.[2];
  const requirements = readFileSync(join(pythonPeersFolder, 'requirements.txt'), 'utf8');
  const pinned = (name: string) => new RegExp(`^${name}(?:\\[.*\\])?==(.*)$`, 'm').exec(requirements)?.[1];
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(version('kafkajs')).toBe(dependencies.kafkajs);
  expect(version('Java console tools')).toBe(kafkaVersion);
  expect(version('aiokafka')).toBe(pinned('aiokafka'));
  expect(version('eventsource-py')).toBe(pinned('eventsource-py'));
});
