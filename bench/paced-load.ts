/**
 * A producer that writes at a steady rate, in a process of its own: `paced-load.ts BROKERS TOPIC RECORDS PER_SECOND`.
 * Each record says its number and when it was sent, on the clock that all processes of the machine share.
 */
import { writeBatch } from '../runtime/protocol/records/batch-writer.ts';
import { TestKafka } from '../runtime/testing/test-kafka.ts';
import { addressesOf } from './addresses.ts';
import { sendBatch } from './fill-topic.ts';
import { machineClockMs } from './job.ts';
import { partitions } from './workload.ts';

export interface Paced {
  readonly number: number;
  readonly sentAtMs: number;
}

async function main(brokers: string, topic: string, records: number, perSecond: number): Promise<void> {
  const kafka = new TestKafka(addressesOf(brokers));
  const headers = [['event_type', Buffer.from('Measured')]] as const;
  const send = (number: number): Promise<void> => {
    const value = Buffer.from(JSON.stringify({ number, sentAtMs: machineClockMs() } satisfies Paced));
    const batch = writeBatch({
      records: [{ key: Buffer.from(`key-${number}`), value, headers, timestamp: Date.now() }],
    });
    return sendBatch(kafka, topic, number % partitions, batch);
  };
  await kafka.cluster.refresh([topic]);
  await new Promise<void>((resolve, reject) => {
    const startedAtMs = machineClockMs();
    const open = new Set<Promise<void>>();
    let sent = 0;
    const timer = setInterval(() => {
      // A timer that came late sends what was due meanwhile, each with the time at which it really goes.
      const due = Math.min(records, Math.floor(((machineClockMs() - startedAtMs) * perSecond) / 1000));
      for (; sent < due; sent++) {
        const sending = send(sent);
        open.add(sending);
        sending.then(() => open.delete(sending), reject);
      }
      if (sent < records) return;
      clearInterval(timer);
      Promise.all(open).then(() => resolve(), reject);
    }, 1);
  });
  await kafka.close();
}

if (import.meta.main) {
  const [brokers = '', topic = '', records = '0', perSecond = '1'] = process.argv.slice(2);
  await main(brokers, topic, Number(records), Number(perSecond));
}
