/** What the brokers can do at most: nobody handles anything. */
import type { Workload } from '../workload.ts';
import { padding } from './values.ts';

export const broker: Workload = {
  name: 'broker',
  title: 'The brokers alone: batches written and read back as bytes',
  says: 'A client in a process of its own writes batches of 16 KiB with acks=1 to 6 partitions at once, then fetches all. CPU and memory are those of the broker. The embedded broker keeps records in memory.',
  records: 1_000_000,
  load: { kind: 'broker', value: padding(100) },
  handlers: 'noop',
  contenders: [],
};
