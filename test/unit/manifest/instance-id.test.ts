// Which id a member comes back under: never one that another process may have too.
import { afterAll, expect, test } from 'vitest';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);

const inCluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
const idOf = (line: string | null, env: Readonly<Record<string, string>>) =>
  project.loadText(groupWith(...(line === null ? [] : [line])), { env }).groups[0]!.instanceId;

test.each([
  ['a pod of a StatefulSet', { ...inCluster, HOSTNAME: 'payments-3' }, 'payments-3'],
  ['its first pod', { ...inCluster, HOSTNAME: 'payments-0' }, 'payments-0'],
  ['a name with dots and digits', { ...inCluster, HOSTNAME: 'v2.pay-7-12' }, 'v2.pay-7-12'],
  ['POD_NAME goes first', { ...inCluster, HOSTNAME: 'node-7', POD_NAME: 'payments-3' }, 'payments-3'],
  ['POD_NAME is only set by hand', { POD_NAME: 'payments-3' }, 'payments-3'],
  ['a pod of a Deployment', { ...inCluster, HOSTNAME: 'payments-7d9c5b8f6d-x2x4z' }, null],
  ['its random end may be all digits', { ...inCluster, HOSTNAME: 'payments-7d9c5b8f6d-24568' }, null],
  ['of a Deployment, in POD_NAME', { ...inCluster, HOSTNAME: 'a-1', POD_NAME: 'a-7d9c5b8f6d-x2x4z' }, null],
  ['a leading zero is no ordinal', { ...inCluster, HOSTNAME: 'payments-03' }, null],
  ['no ordinal', { ...inCluster, HOSTNAME: 'payments' }, null],
  ['only a number', { ...inCluster, HOSTNAME: '-3' }, null],
  ['a machine that has a number: two processes may run there', { HOSTNAME: 'build-3' }, null],
  ['no name at all', inCluster, null],
  ['an empty name', { ...inCluster, HOSTNAME: '', POD_NAME: '' }, null],
] as const)('auto: %s', (_what, env, expected) => {
  expect(idOf(null, env as Record<string, string>)).toBe(expected);
  expect(idOf('staticMembership: auto', env as Record<string, string>)).toBe(expected);
  expect(idOf('staticMembership: none', env as Record<string, string>)).toBe(null);
});

test.each([
  ['staticMembership: payments-a', 'payments-a'],
  ['staticMembership: "${INSTANCE}"', 'blue.1_x'],
  ['staticMembership: payments-${ORDINAL:-0}', 'payments-0'],
  ['staticMembership: "7"', '7'],
])('%s', (line, expected) => {
  expect(idOf(line, { ...inCluster, HOSTNAME: 'payments-3', INSTANCE: 'blue.1_x' })).toBe(expected);
});

test('a group goes before the defaults', () => {
  const text = `defaults: { staticMembership: "a-\${HOSTNAME}" }\n${groupWith('staticMembership: none')}`;
  expect(project.loadText(text, { env: { HOSTNAME: 'x' } }).groups[0]!.instanceId).toBe(null);
});

test.each([
  'on',
  'off',
  'yes',
  'no',
  'true',
  'false',
  'null',
  '""',
  '3',
  '"a b"',
  'a/b',
  '"."',
  '".."',
  '[a]',
  `"${'x'.repeat(250)}"`,
])('staticMembership: %s is refused, with what would be accepted', (value) => {
  const [only, ...rest] = project.problemsOf(groupWith(`staticMembership: ${value}`));
  expect(only).toMatchObject({ path: 'groups.g.staticMembership', message: expect.stringContaining('auto, none, or') });
  expect(rest).toEqual([]);
});
