/** What decoding costs, which most handlers cannot do without. */
import type { Workload } from '../workload.ts';
import { orders } from './values.ts';

export const json: Workload = {
  name: 'json',
  title: '1 KB of JSON, parsed in the handler',
  says: 'An order of two things and a long note, 13 fields in all. kafkajs reads and parses in one thread, the runtime parses in its own.',
  records: 300_000,
  load: { kind: 'backlog', value: orders(1_024) },
  handlers: 'json',
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch' },
    { contender: 'kafkajs-each-message' },
    { contender: 'kafkajs-piscina', part: 0.1 },
    { contender: 'platformatic-stream' },
  ],
  target: { ratio: 2.5 },
};
