/** Whether one partition keeps all cores busy. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

export const hot: Workload = {
  name: 'hot',
  title: '0.5 ms of computing per record, all of them in one partition',
  says: 'A partition has one thread, and with `concurrency.split: workers` as many as there are cores: every one of them walks over all records and computes those of its keys.',
  records: 10_000,
  load: { kind: 'backlog', value: padding(100) },
  hot: true,
  handlers: 'cpu',
  contenders: [
    { contender: 'runtime', manifest: 'split' },
    { contender: 'runtime' },
    { contender: 'kafkajs-each-batch' },
  ],
  target: { ratio: 1.8 },
};
