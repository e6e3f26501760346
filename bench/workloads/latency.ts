/** How soon a record is handled when there is time for it. */
import type { Workload } from '../workload.ts';

export const latency: Workload = {
  name: 'latency',
  title: 'From producer to handler, at 1,000 records per second',
  says: 'One producer in a process of its own, acks=1, a record a millisecond; the time is from before it is sent to the call of the handler.',
  records: 6_000,
  load: { kind: 'paced', perSecond: 1_000 },
  handlers: 'latency',
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch' },
    { contender: 'kafkajs-each-message' },
    { contender: 'kafkajs-piscina' },
    { contender: 'platformatic-stream' },
  ],
  target: { p50Ms: 0.7, p99Ms: 4 },
};
