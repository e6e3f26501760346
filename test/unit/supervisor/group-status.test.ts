import { expect, test } from 'vitest';
import { StatusBoard } from '../../../runtime/supervisor/group-status.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const partition = { group: 'a', topic: 't', partition: 0 };

test('follows the state of every group and the partitions that it owns', async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const board = new StatusBoard(['a', 'b'], clock);
  expect(board.every('starting')).toBe(true);

  await clock.advance(1000);
  board.listener('group.state', { group: 'a', state: 'joined', reason: '' });
  board.listener('partition.opened', { ...partition, epoch: 1, offset: 0 });
  board.listener('partition.stopped', { ...partition, offset: 4, reason: 'bytes that do not decode' });
  expect(board.every('joined')).toBe(false);
  expect(board.some('joined')).toBe(true);
  expect(board.groups()[0]).toMatchObject({
    name: 'a',
    state: 'joined',
    since: '2026-01-01T00:00:01.000Z',
    partitions: 1,
    stoppedPartitions: 1,
  });

  board.listener('group.state', { group: 'b', state: 'joined', reason: '' });
  expect(board.every('joined')).toBe(true);
  board.listener('partition.closed', { ...partition, epoch: 1, lost: false });
  expect(board.groups()[0]).toMatchObject({ partitions: 0, stoppedPartitions: 0 });
});

test('a group that died owns nothing and remembers why', () => {
  const board = new StatusBoard(['a'], new ManualClock());
  board.listener('partition.opened', { ...partition, epoch: 1, offset: 0 });
  board.listener('group.failed', { group: 'a', message: 'connection lost', delayMs: 1000 });
  expect(board.groups()[0]).toMatchObject({ partitions: 0, failures: 1, lastError: 'connection lost' });
});
