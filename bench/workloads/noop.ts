/** What a record costs when the handler costs nothing. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

export const noop: Workload = {
  name: 'noop',
  title: 'No-op handler, records of 100 bytes',
  says: 'What reading, ordering by key, calling a handler and committing cost. Handlers that do something cost more.',
  records: 1_000_000,
  load: { kind: 'backlog', value: padding(100) },
  handlers: 'noop',
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch' },
    { contender: 'kafkajs-each-message' },
    { contender: 'kafkajs-piscina', part: 0.1 },
    { contender: 'platformatic-stream' },
    { contender: 'java-consumer' },
  ],
  target: { perSecond: 1_500_000, ratio: 8 },
};
