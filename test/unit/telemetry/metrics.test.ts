// Rows S-73..S-75.
import { expect, test } from 'vitest';
import { durationBucketsMs } from '../../../runtime/core/events.ts';
import { metricTable } from '../../../runtime/telemetry/metric-table.ts';
import { Metrics } from '../../../runtime/telemetry/metrics.ts';

const place = { group: 'billing', topic: 'orders.stream', partition: 2 };
const record = { ...place, offset: 7, key: 'k', type: 'OrderPlaced' };
const failure = { name: 'TypeError', message: 'no', code: null, stack: null, classes: [], delayMs: null };

function call(durationBucket: number, count: number, errors: number) {
  const buckets = new Array<number>(durationBucketsMs.length + 1).fill(0);
  buckets[durationBucket] = count;
  return { handler: '/app/handlers/projections.ts', type: 'OrderPlaced', count, errors, sumMs: 12, buckets };
}

test('names, labels and units are those of the tutorial', async () => {
  const metrics = new Metrics();
  metrics.listener('handler.tally', {
    group: 'billing',
    thread: 0,
    tally: { handled: [{ ...place, type: 'OrderPlaced', count: 3 }], calls: [call(2, 4, 1)], skipped: 2 },
  });
  metrics.listener('record.retried', { ...record, attempt: 1, delayMs: 1000, error: failure });
  metrics.listener('record.deadLettered', {
    ...record,
    deadLetterTopic: 'orders.stream.dlq',
    reason: 'max_retries_exceeded',
    errorType: 'TypeError',
  });
  metrics.listener('records.published', { topic: 'orders.stream.dlq', records: 1, durationMs: 4 });
  metrics.listener('partition.lag', { ...place, lag: 0 });
  const lines = (await metrics.text()).split('\n');

  const where = 'group="billing",messaging_destination="orders.stream",messaging_kafka_partition="2"';
  const which = 'group="billing",handler_name="projections.ts",event_type="OrderPlaced"';
  expect(lines).toContain(`kafka_eventbus_messages_consumed_total{${where},event_type="OrderPlaced"} 3`);
  expect(lines).toContain(`kafka_eventbus_handler_invocations_total{${which}} 4`);
  expect(lines).toContain(`kafka_eventbus_handler_errors_total{${which}} 1`);
  expect(lines).toContain(`kafka_eventbus_handler_duration_sum{${which}} 12`);
  expect(lines).toContain(`kafka_eventbus_handler_duration_count{${which}} 4`);
  expect(lines).toContain(`kafka_eventbus_handler_duration_bucket{${which},le="0.5"} 0`);
  expect(lines).toContain(`kafka_eventbus_handler_duration_bucket{${which},le="1"} 4`);
  expect(lines).toContain(`kafka_eventbus_handler_duration_bucket{${which},le="+Inf"} 4`);
  expect(lines).toContain(
    'kafka_eventbus_messages_dlq_total{group="billing",dlq_reason="max_retries_exceeded",error_type="TypeError"} 1',
  );
  expect(lines).toContain('kafka_eventbus_messages_published_total{messaging_destination="orders.stream.dlq"} 1');
  expect(lines).toContain(`kafka_eventbus_consumer_lag{${where}} 0`);
});

test('a partition that went to another member is no longer measured here', async () => {
  const metrics = new Metrics();
  metrics.listener('partition.lag', { ...place, lag: 5 });
  metrics.listener('partition.closed', { ...place, epoch: 1, lost: false });
  expect(await metrics.text()).not.toMatch(/^kafka_eventbus_consumer_lag\{/m);
});

test('the number of series does not grow with event types and names that records make up', async () => {
  const metrics = new Metrics();
  for (let i = 0; i < 10_000; i++) {
    metrics.listener('record.retried', { ...record, type: `t${i}`, attempt: 1, delayMs: 1, error: failure });
  }
  const series = (await metrics.text()).match(/^kafka_eventbus_records_retried_total\{/gm);
  expect(series?.length).toBe(51);
  expect(await metrics.text()).toContain('event_type="other",error_type="TypeError"} 9950');
});

test('a group or topic name cannot break out of its label', async () => {
  const metrics = new Metrics();
  metrics.listener('group.failed', { group: 'a"b\nc 1', message: '', delayMs: null });
  expect(await metrics.text()).toContain('kafka_eventbus_group_failures_total{group="a\\"b\\nc 1"} 1');
});

test('answers of the gateway are counted by route and status', async () => {
  const metrics = new Metrics();
  for (const status of [202, 202, 429]) {
    metrics.listener('gateway.answered', { route: 'POST /orders', status, durationMs: 3 });
  }
  const text = await metrics.text();
  expect(text).toContain('kafka_eventbus_gateway_requests_total{route="POST /orders",status="202"} 2');
  expect(text).toContain('kafka_eventbus_gateway_duration_count{route="POST /orders"} 3');
});

test('no metric has a key, an offset or an id as label', () => {
  for (const { labels } of Object.values(metricTable)) {
    for (const label of labels) {
      expect([
        'group',
        'messaging_destination',
        'messaging_kafka_partition',
        'event_type',
        'handler_name',
        'error_type',
        'dlq_reason',
        'route',
        'status',
      ]).toContain(label);
    }
  }
});
