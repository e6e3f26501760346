/** How fast a backlog goes when more processes help, the time of joining and sharing included. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

export const drain: Workload = {
  name: 'drain',
  title: 'A backlog worked off by one, two and three processes of one group',
  says: 'All start at once. The clock runs from the first record in any of them to the last, without a warm-up: rebalances are part of it. Records that a rebalance handed out twice count once; "again" says how many.',
  records: 1_000_000,
  load: { kind: 'backlog', value: padding(100) },
  handlers: 'noop',
  cold: true,
  contenders: [
    { contender: 'runtime', processes: 1 },
    { contender: 'runtime', processes: 2 },
    { contender: 'runtime', processes: 3 },
    { contender: 'kafkajs-each-batch', processes: 1 },
    { contender: 'kafkajs-each-batch', processes: 2 },
    { contender: 'kafkajs-each-batch', processes: 3 },
  ],
};
