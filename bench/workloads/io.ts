/** Whether handlers that wait do so side by side. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

export const io: Workload = {
  name: 'io',
  title: '5 ms of waiting per record, in the order of keys, 600 at once',
  says: 'No more than 120,000 per second are possible with 600 at once. Loops wait for one record of a partition after another.',
  records: 200_000,
  load: { kind: 'backlog', value: padding(100) },
  handlers: 'io',
  atOnce: 600,
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch', part: 0.015 },
    { contender: 'kafkajs-each-message', part: 0.015 },
    { contender: 'kafkajs-lanes' },
    { contender: 'kafkajs-piscina', part: 0.015 },
  ],
  target: { perSecond: 90_000 },
};
