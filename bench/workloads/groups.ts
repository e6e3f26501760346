/** What many groups in one process cost one another. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

const groupCount = 10;

export const groups: Workload = {
  name: 'groups',
  title: `${groupCount} groups in one process, each handles every record`,
  says: 'The records are counted once for each group. Every group of the runtime has handler threads of its own.',
  records: 50_000,
  load: { kind: 'backlog', value: padding(100) },
  handlers: 'noop',
  groups: groupCount,
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch' },
    { contender: 'kafkajs-each-message' },
    { contender: 'platformatic-stream' },
  ],
};
