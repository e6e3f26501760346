// Row S-78.
import { expect, test } from 'vitest';
import { StatsBoard } from '../../../runtime/telemetry/stats.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

test('counts per group and in total, under the names of the tutorial', async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const stats = new StatsBoard(clock);
  const place = { topic: 't', partition: 0 };
  stats.listener('group.state', { group: 'a', state: 'joined', reason: '' });
  await clock.advance(1000);
  stats.listener('records.fetched', { group: 'a', ...place, records: 5, bytes: 100 });
  stats.listener('records.fetched', { group: 'b', ...place, records: 2, bytes: 100 });
  stats.listener('handler.tally', {
    group: 'a',
    thread: 0,
    tally: {
      handled: [{ ...place, type: 'T', count: 4 }],
      calls: [{ handler: 'h', type: 'T', count: 6, errors: 2, sumMs: 1, buckets: [] }],
      skipped: 0,
    },
  });

  expect(stats.group('a')).toMatchObject({
    events_consumed: 5,
    events_processed_success: 4,
    handler_errors: 2,
    rebalance_count: 1,
    connected_at: '2026-01-01T00:00:00.000Z',
    last_consume_at: '2026-01-01T00:00:01.000Z',
    last_publish_at: null,
  });
  expect(stats.group('b').events_consumed).toBe(2);
  expect(stats.total()).toMatchObject({ events_consumed: 7, events_processed_success: 4, handler_errors: 2 });
  expect(stats.group('never heard of').events_consumed).toBe(0);
});
