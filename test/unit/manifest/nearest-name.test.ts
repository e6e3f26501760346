import { expect, test } from 'vitest';
import { nearestName } from '../../../runtime/manifest/nearest-name.ts';

const known = ['retry', 'timeouts', 'topicPrefix', 'dlq', 'from', 'batch'];

test.each([
  ['retrys', 'retry'],
  ['rtery', 'retry'],
  ['timeout', 'timeouts'],
  ['TOPICPREFIX', 'topicPrefix'],
  ['topic_prefix', 'topicPrefix'],
  ['dql', 'dlq'],
  ['form', 'from'],
])('%s means %s', (name, meant) => {
  expect(nearestName(name, known)).toBe(meant);
});

test.each(['', 'x', 'dl', 'something', 'x'.repeat(100_000)])('nothing is near to %.20s', (name) => {
  expect(nearestName(name, known)).toBeNull();
});
