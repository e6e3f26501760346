import { expect, test } from 'vitest';
import { profileTable } from '../../../bench/profile/profile-table.ts';
import { selfTimes } from '../../../bench/profile/self-times.ts';

const node = (id: number, functionName: string, url = '', lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

const profile = {
  nodes: [
    node(1, '(idle)'),
    node(2, 'decode', 'file:///project/runtime/decode.ts', 9),
    node(3, 'decode', 'file:///project/runtime/decode.ts', 9), // called from somewhere else
    node(4, '', 'file:///project/node_modules/some/index.js', 0),
  ],
  samples: [2, 1, 3, 4, 1],
  timeDeltas: [1_000, 2_000, 3_000, 4_000, 5_000],
};

test('a sample stands for the time until the next one, and callers do not matter', () => {
  expect(selfTimes(profile, 'file:///project/')).toEqual([
    { name: 'decode', place: 'runtime/decode.ts:10', milliseconds: 6 },
    { name: '(anonymous)', place: 'some/index.js:1', milliseconds: 5 },
    { name: '(idle)', place: '', milliseconds: 3 },
  ]);
});

test('a table says how busy the thread was and with what', () => {
  expect(profileTable('main thread', selfTimes(profile, 'file:///project/')).split('\n')).toEqual([
    'main thread: busy 78.6 % of 0.01 s',
    '       6 ms 54.5 %  decode  runtime/decode.ts:10',
    '       5 ms 45.5 %  (anonymous)  some/index.js:1',
    '       0 ms  0.0 %  0 others',
  ]);
});
