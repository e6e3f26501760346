// Row S-75.
import { expect, onTestFinished, test } from 'vitest';
import { EventHub, type RuntimeEvents } from '../../../runtime/core/events.ts';
import { partitionKey, type TopicPartition } from '../../../runtime/core/record-set.ts';
import { LagMeter, lagIntervalMs } from '../../../runtime/supervisor/lag.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const place = { topic: 't', partition: 0 };
const opened = { group: 'g', ...place, epoch: 1, offset: 100 };

function meter(endOffsets: (asked: readonly TopicPartition[]) => Promise<ReadonlyMap<string, number>>) {
  const clock = new ManualClock();
  const events = new EventHub();
  const lags: RuntimeEvents['partition.lag'][] = [];
  events.listen((name, event) => {
    if (name === 'partition.lag') lags.push(event as RuntimeEvents['partition.lag']);
  });
  const lag = new LagMeter({ endOffsets, events, clock });
  onTestFinished(() => lag.close());
  return { clock, events, lags, lag };
}

const endsAt = (end: number) => async () => new Map([[partitionKey(place), end]]);

// Row D-05: the position of the reader says nothing about what is done.
test('the lag is counted from what is committed, not from what was read', async () => {
  const { clock, events, lags } = meter(endsAt(1100));
  events.emit('partition.opened', opened);
  await clock.advance(lagIntervalMs);
  events.emit('records.fetched', { group: 'g', ...place, records: 1000, bytes: 1 });
  await clock.advance(lagIntervalMs);
  events.emit('offsets.committed', { group: 'g', offsets: [{ ...place, offset: 1100 }] });
  await clock.advance(lagIntervalMs);
  expect(lags.map(({ lag }) => lag)).toEqual([1000, 1000, 0]);
});

test('two groups on one partition each have their own', async () => {
  const { clock, events, lags } = meter(endsAt(200));
  events.emit('partition.opened', opened);
  events.emit('partition.opened', { ...opened, group: 'h', offset: 150 });
  await clock.advance(lagIntervalMs);
  expect(lags.map(({ group, lag }) => [group, lag])).toEqual([
    ['g', 100],
    ['h', 50],
  ]);
});

test('a partition that is opened again under a new epoch keeps what was committed', async () => {
  const { clock, events, lags } = meter(endsAt(200));
  events.emit('partition.opened', opened);
  events.emit('offsets.committed', { group: 'g', offsets: [{ ...place, offset: 180 }] });
  events.emit('partition.opened', { ...opened, epoch: 2, offset: 190 });
  await clock.advance(lagIntervalMs);
  expect(lags.map(({ lag }) => lag)).toEqual([20]);
});

test('a partition that was given up while Kafka was asked is not told', async () => {
  const answer = Promise.withResolvers<ReadonlyMap<string, number>>();
  const { clock, events, lags } = meter(() => answer.promise);
  events.emit('partition.opened', opened);
  await clock.advance(lagIntervalMs);
  events.emit('partition.closed', { group: 'g', ...place, epoch: 1, lost: false });
  answer.resolve(new Map([[partitionKey(place), 200]]));
  await clock.turn();
  expect(lags).toEqual([]);
});

test('an end that is not known tells nothing, and the next one is asked for again', async () => {
  let end: number | null = null;
  const { clock, events, lags } = meter(async () => new Map(end === null ? [] : [[partitionKey(place), end]]));
  events.emit('partition.opened', opened);
  await clock.advance(lagIntervalMs);
  end = 101;
  await clock.advance(lagIntervalMs);
  expect(lags.map(({ lag }) => lag)).toEqual([1]);
});

test('closing leaves no timer', async () => {
  const { clock, lag } = meter(endsAt(0));
  await lag.close();
  expect(clock.pending).toBe(0);
});
