import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apisByKey } from '../../../runtime/protocol/apis.ts';

const folder = new URL('../../../runtime/protocol/', import.meta.url);

test('the map holds every API that a file describes', () => {
  const described = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /= defineApi\(/.test(readFileSync(new URL(file, folder), 'utf8')));
  const named = [...apisByKey.values()].map((api) => `${kebab(api.name)}.ts`);
  expect(new Set(named)).toEqual(new Set(described));
});

test('each file tells its key and versions in its first comment', () => {
  for (const api of apisByKey.values()) {
    const source = readFileSync(new URL(`${kebab(api.name)}.ts`, folder), 'utf8');
    const [min, max] = api.versions;
    const versions = min === max ? `version ${min}` : `versions ${min}–${max}`;
    expect(source.slice(0, 200)).toContain(`${api.name} (key ${api.key}), ${versions}`);
  }
});

test('a version outside of the description is refused with the range', () => {
  const heartbeat = apisByKey.get(12);
  expect(() => heartbeat?.writeRequest({}, 5)).toThrow('Heartbeat v5 is not described here (have 0 to 4)');
});

function kebab(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
