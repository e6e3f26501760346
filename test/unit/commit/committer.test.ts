import { expect, test } from 'vitest';
import { createCommit } from '../../../runtime/commit/committer.ts';
import { EventHub } from '../../../runtime/core/events.ts';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';
import type { RecordSet, Share } from '../../../runtime/core/record-set.ts';
import type { CommitOffset, CommitReply } from '../../../runtime/core/stages.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const partition = { topic: 'orders', partition: 0 };
const other = { topic: 'orders', partition: 1 };
const committed: CommitReply = { kind: 'committed' };
const retry: CommitReply = { kind: 'retry', reason: 'loading' };

/** A committer whose requests stay open until they are answered. */
function setup(settings = { intervalMs: 1_000, everyRecords: 500 }) {
  const clock = new ManualClock();
  const hub = new EventHub();
  const events: string[] = [];
  hub.listen((name, event) => events.push('message' in event ? `${name}: ${event.message}` : name));
  const requests: { offsets: readonly CommitOffset[]; answer: (reply: CommitReply) => Promise<void> }[] = [];
  const released: Progress[] = [];
  const commit = createCommit({
    group: 'billing',
    settings,
    clock,
    random: () => 0.5,
    emit: hub.emit,
    commit: (offsets) =>
      new Promise((resolve) =>
        requests.push({
          offsets,
          answer: (reply) => {
            resolve(reply);
            return clock.turn();
          },
        }),
      ),
    release: (progress) => released.push(progress),
  });
  return { clock, commit, requests, released, events };
}

function recordSet(epoch: number, firstOffset: number, lastOffset: number, place: Share = partition): RecordSet {
  const deltas = lastOffset - firstOffset + 1;
  const progress = new Progress(new SharedArrayBuffer(progressBytes(deltas)), deltas);
  progress.reset();
  const bytes = new ArrayBuffer(0);
  return { ...place, id: 1, epoch, firstOffset, lastOffset, bytes, byteLength: 0, recordCount: deltas, progress };
}

function finish(set: RecordSet, from: number, to: number): void {
  set.progress.finishRange(from - set.firstOffset, to - set.firstOffset + 1);
  set.progress.publish();
}

function offsetsOf(request: { offsets: readonly CommitOffset[] } | undefined): readonly number[] | undefined {
  return request?.offsets.map((o) => o.offset);
}

test('after the interval, what has moved is committed, once', async () => {
  const { clock, commit, requests, events } = setup();
  commit.open(partition, 1, 10);
  commit.open(other, 1, 50);
  const set = recordSet(1, 10, 19);
  commit.track(set);
  finish(set, 10, 14);
  await clock.advance(999);
  expect(requests).toHaveLength(0);
  await clock.advance(1);
  expect(requests.map((r) => r.offsets)).toEqual([[{ ...partition, epoch: 1, offset: 15 }]]);
  await requests[0]!.answer(committed);
  await clock.advance(5_000);
  expect(requests).toHaveLength(1);
  expect(events).toEqual(['offsets.committed']);
});

test('everyRecords commits without waiting for the interval, at most every 100 ms', async () => {
  const { clock, commit, requests } = setup({ intervalMs: 60_000, everyRecords: 10 });
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 99);
  commit.track(set);
  finish(set, 0, 8);
  commit.progressed();
  expect(requests).toHaveLength(0);
  finish(set, 9, 9);
  commit.progressed();
  expect(requests.map(offsetsOf)).toEqual([[10]]);
  await requests[0]!.answer(committed);
  finish(set, 10, 39);
  for (let i = 0; i < 5; i++) commit.progressed();
  expect(requests).toHaveLength(1);
  await clock.advance(100);
  expect(requests.map(offsetsOf)).toEqual([[10], [40]]);
});

test('only one request is under way; what finished meanwhile goes with the next', async () => {
  const { clock, commit, requests } = setup();
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 9);
  commit.track(set);
  finish(set, 0, 0);
  await clock.advance(1_000);
  finish(set, 1, 5);
  await clock.advance(10_000);
  expect(requests).toHaveLength(1);
  await requests[0]!.answer(committed);
  await clock.advance(1_000);
  expect(requests.map(offsetsOf)).toEqual([[1], [6]]);
});

test('a reply `retry` is sent again after a growing backoff, with what is finished by then', async () => {
  const { clock, commit, requests, events } = setup();
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 9);
  commit.track(set);
  finish(set, 0, 0);
  await clock.advance(1_000);
  await requests[0]!.answer(retry);
  finish(set, 1, 1);
  await clock.advance(99);
  expect(requests).toHaveLength(1);
  await clock.advance(1);
  await requests[1]!.answer(retry);
  await clock.advance(199);
  expect(requests).toHaveLength(2);
  await clock.advance(1);
  await requests[2]!.answer(committed);
  expect(requests.map(offsetsOf)).toEqual([[1], [2], [2]]);
  expect(events).toEqual(['commit.failed: loading', 'commit.failed: loading', 'offsets.committed']);
});

test('a request that rejects counts as `retry`', async () => {
  const clock = new ManualClock();
  let calls = 0;
  const commit = createCommit({
    group: 'billing',
    settings: { intervalMs: 1_000, everyRecords: 500 },
    clock,
    random: () => 0.5,
    emit: () => {},
    commit: async () => {
      if (calls++ === 0) throw new Error('socket closed');
      return committed;
    },
    release: () => {},
  });
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 1);
  commit.track(set);
  finish(set, 0, 1);
  await clock.advance(1_100);
  expect(calls).toBe(2);
  commit.stop();
});

test('flush waits for the request under way, then sends what is finished by now', async () => {
  const { clock, commit, requests } = setup();
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 9);
  commit.track(set);
  finish(set, 0, 0);
  await clock.advance(1_000);
  finish(set, 1, 9);
  let flushed = false;
  const flush = commit.flush([partition]).then(() => {
    flushed = true;
  });
  await clock.turn();
  expect(requests).toHaveLength(1);
  await requests[0]!.answer(committed);
  expect(requests.map(offsetsOf)).toEqual([[1], [10]]);
  expect(flushed).toBe(false);
  await requests[1]!.answer(committed);
  await flush;
  expect(clock.pending).toBe(1); // the interval; the deadline's timer is gone
});

test('flush takes only the partitions it is asked for, and two at once still send one after the other', async () => {
  const { clock, commit, requests } = setup();
  for (const place of [partition, other]) {
    commit.open(place, 1, 0);
    const set = recordSet(1, 0, 3, place);
    commit.track(set);
    finish(set, 0, 3);
  }
  const both = Promise.all([commit.flush([partition]), commit.flush([other])]);
  await clock.turn();
  expect(requests.map((r) => r.offsets.map((o) => o.partition))).toEqual([[0]]);
  await requests[0]!.answer(committed);
  expect(requests.map((r) => r.offsets.map((o) => o.partition))).toEqual([[0], [1]]);
  await requests[1]!.answer(committed);
  await both;
});

test('flush retries until its budget is over, and gives up on a request that is never answered', async () => {
  const { clock, commit, requests } = setup();
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 3);
  commit.track(set);
  finish(set, 0, 3);
  let flushed = false;
  void commit.flush([partition]).then(() => {
    flushed = true;
  });
  await clock.turn();
  await requests[0]!.answer(retry);
  await clock.advance(100);
  expect(requests.map(offsetsOf)).toEqual([[4], [4]]);
  await clock.advance(4_900);
  expect(flushed).toBe(true);
});

test('`lost` stops all commits of the epoch', async () => {
  const { clock, commit, requests, events } = setup();
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 9);
  commit.track(set);
  finish(set, 0, 3);
  await clock.advance(1_000);
  await requests[0]!.answer({ kind: 'lost', reason: 'unknown member' });
  finish(set, 4, 9);
  await clock.advance(60_000);
  await commit.flush([partition]);
  expect(requests).toHaveLength(1);
  expect(events).toEqual(['commit.failed: unknown member']);
});

test('after forget nothing is committed, and an answer that comes late changes nothing', async () => {
  const { clock, commit, requests, released } = setup();
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 9);
  commit.track(set);
  finish(set, 0, 3);
  await clock.advance(1_000);
  commit.forget([partition]);
  expect(released).toEqual([set.progress]);
  commit.open(partition, 2, 0);
  await requests[0]!.answer(retry);
  finish(set, 4, 9);
  await clock.advance(60_000);
  expect(requests).toHaveLength(1);
});

test('a set of an older epoch is not followed', async () => {
  const { clock, commit, requests, released } = setup();
  commit.open(partition, 2, 0);
  const old = recordSet(1, 0, 9);
  commit.track(old);
  finish(old, 0, 9);
  await clock.advance(5_000);
  expect(requests).toHaveLength(0);
  expect(released).toEqual([old.progress]);
});

test('rewind tells where to read again; the next epoch commits what was finished and not yet committed', async () => {
  const { clock, commit, requests } = setup();
  commit.open(partition, 1, 10);
  const set = recordSet(1, 10, 19);
  commit.track(set);
  finish(set, 10, 12);
  finish(set, 15, 16);
  expect(commit.rewind(partition)).toEqual({ checkpoint: 13, finished: [15, 16] });
  expect(commit.rewind(partition)).toBeNull();
  commit.open(partition, 2, 13);
  await clock.advance(1_000);
  expect(requests.map((r) => r.offsets)).toEqual([[{ ...partition, epoch: 2, offset: 13 }]]);
  // The thread dies again before it has seen anything: what was finished before is still known.
  expect(commit.rewind(partition)).toEqual({ checkpoint: 13, finished: [15, 16] });
});

test('of a partition that is shared, what all threads have done is committed, and one share is rewound alone', async () => {
  const { clock, commit, requests } = setup();
  const [one, other] = [
    { ...partition, share: 0 },
    { ...partition, share: 1 },
  ];
  for (const share of [one, other]) commit.open(share, 1, 0);
  const sets = [recordSet(1, 0, 9, one), recordSet(1, 0, 9, other)] as const;
  for (const set of sets) commit.track(set);
  finish(sets[0], 0, 9);
  await clock.advance(1_000);
  expect(requests).toHaveLength(0);
  finish(sets[1], 0, 3);
  finish(sets[1], 6, 7);
  await clock.advance(1_000);
  expect(offsetsOf(requests[0])).toEqual([4]);
  await requests[0]!.answer(committed);

  expect(commit.rewind(other)).toEqual({ checkpoint: 4, finished: [6, 7] });
  await clock.advance(1_000);
  expect(requests).toHaveLength(1);
  commit.open(other, 2, 4);
  const again = recordSet(2, 4, 9, other);
  commit.track(again);
  finish(again, 4, 9);
  await clock.advance(1_000);
  expect(requests[1]!.offsets).toEqual([{ ...partition, epoch: 2, offset: 10 }]);
});

test('stop leaves no timer behind', async () => {
  const { clock, commit } = setup();
  commit.open(partition, 1, 0);
  const set = recordSet(1, 0, 9);
  commit.track(set);
  commit.progressed();
  commit.stop();
  expect(clock.pending).toBe(0);
});
