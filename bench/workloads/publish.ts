/** What it costs to write while reading. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

export const publish: Workload = {
  name: 'publish',
  title: 'Every handler publishes one event and waits for its acknowledgement',
  says: 'acks=all, not compressed. The runtime writes with an idempotent producer, each event in its envelope; eachBatch sends what a batch publishes as one, the other peers send single records.',
  records: 50_000,
  load: { kind: 'backlog', value: padding(100) },
  handlers: 'publish',
  atOnce: 600,
  publishes: true,
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch' },
    { contender: 'kafkajs-each-message', part: 0.1 },
    { contender: 'kafkajs-lanes', part: 0.2 },
  ],
};
