/** Whether handlers that compute use all cores. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

export const cpu: Workload = {
  name: 'cpu',
  title: '0.5 ms of computing per record, in the order of keys',
  says: 'kafkajs computes in the thread that reads: at most 2,000 per second. The ratio says how many cores are busy.',
  records: 10_000,
  load: { kind: 'backlog', value: padding(100) },
  handlers: 'cpu',
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch' },
    { contender: 'kafkajs-each-message' },
    { contender: 'kafkajs-piscina' },
    { contender: 'platformatic-stream' },
  ],
  target: { ratio: 1.8 },
};
