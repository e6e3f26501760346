/** What records that fail cost those that do not. */
import type { Workload } from '../workload.ts';
import { failing } from './values.ts';

export const retries: Workload = {
  name: 'retries',
  title: 'A storm of retries: 1 % of the keys fail',
  says: 'Each of their records fails twice and is tried again after 10 ms and 20 ms. A loop lets its partition wait meanwhile, the runtime and lanes only the key.',
  records: 200_000,
  load: { kind: 'backlog', value: failing(100, 100) },
  handlers: 'retries',
  atOnce: 64,
  contenders: [
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch', part: 0.2 },
    { contender: 'kafkajs-each-message', part: 0.2 },
    { contender: 'kafkajs-lanes' },
    { contender: 'platformatic-stream', part: 0.05 },
  ],
};
