/**
 * A client that handles nothing, in a process of its own: `broker-load.ts BROKERS TOPIC RECORDS VALUE_BYTES`. Writes all
 * records to all partitions at once, then fetches them as bytes. Says to its parent when each part begins and ends.
 */
import { TestKafka } from '../runtime/testing/test-kafka.ts';
import { addressesOf } from './addresses.ts';
import { fillTopic } from './fill-topic.ts';
import { machineClockMs } from './job.ts';
import { readBytes } from './read-bytes.ts';
import { partitions } from './workload.ts';

export interface PartOfLoad {
  readonly part: 'write' | 'read';
  readonly moment: 'begin' | 'end';
  readonly atMs: number;
}

async function main(brokers: string, topic: string, records: number, valueBytes: number): Promise<void> {
  await timed('write', async () => {
    await fillTopic({ brokers, topic, partitions, records, valueBytes, report: () => {} });
  });
  const kafka = new TestKafka(addressesOf(brokers));
  await kafka.cluster.refresh([topic]);
  await timed('read', async () => {
    const read = await readBytes(kafka, topic);
    if (read !== records) throw new Error(`read ${read} records instead of ${records}`);
  });
  await kafka.close();
}

async function timed(part: PartOfLoad['part'], work: () => Promise<void>): Promise<void> {
  await tell({ part, moment: 'begin', atMs: machineClockMs() });
  await work();
  await tell({ part, moment: 'end', atMs: machineClockMs() });
}

function tell(message: PartOfLoad): Promise<void> {
  return new Promise((resolve) => process.send!(message, () => resolve()));
}

if (import.meta.main) {
  const [brokers = '', topic = '', records = '0', valueBytes = '0'] = process.argv.slice(2);
  await main(brokers, topic, Number(records), Number(valueBytes));
  process.disconnect();
}
