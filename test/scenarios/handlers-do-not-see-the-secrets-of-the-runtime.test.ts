// Threads get the environment without the variables that the runtime's own credentials are read from.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secretVariables } from '../../runtime/core/secret-variables.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { quick } from './support/quick.ts';

const handlers = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'environment.ts');

test('handlers do not see the secrets of the runtime', async (t) => {
  const before = { ...process.env };
  t.onTestFinished(() => {
    for (const name of [...secretVariables, 'HARMLESS_FOR_TEST']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  for (const name of [...secretVariables, 'HARMLESS_FOR_TEST']) process.env[name] = 'S3CR3T-canary';
  const rt = await startTestRuntime(t, { topics: { orders: {} }, group: { ...quick, name: 'billing' }, handlers });
  await rt.publish('orders', [['a', [...secretVariables, 'HARMLESS_FOR_TEST']]]);
  await rt.until(() => rt.count('handler.log') === secretVariables.length + 1);
  const seen = rt.events('handler.log').map(({ line }) => [line.message, line.fields.value]);
  expect(seen).toEqual([...secretVariables.map((name) => [name, null]), ['HARMLESS_FOR_TEST', 'S3CR3T-canary']]);
});
