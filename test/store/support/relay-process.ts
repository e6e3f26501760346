/**
 * A relay as a process of its own, to be killed: `node relay-process.ts URL FILE HANG_AT`. Its Kafka is a file: publishing
 * appends a line `aggregate version` per record, and acknowledges. At the HANG_AT-th publish of the process the lines are
 * written and the acknowledgement never comes; 0: it drains the outbox and ends.
 */
import { appendFileSync } from 'node:fs';
import { createRelay, type OutboundRecord, openStore } from '../../../runtime/store/index.ts';

const [url, file, hangAt] = process.argv.slice(2) as [string, string, string];
const store = await openStore(url);
const stop = new AbortController();
let publishes = 0;

const header = ({ headers }: OutboundRecord, name: string): string =>
  Buffer.from(headers.find(([one]) => one === name)![1]!).toString();

async function publish(records: readonly OutboundRecord[]): Promise<void> {
  const lines = records.map((one) => `${header(one, 'aggregate_id')} ${header(one, 'aggregate_version')}\n`);
  appendFileSync(file, lines.join(''));
  publishes++;
  if (publishes !== Number(hangAt)) return;
  console.log('hangs');
  await new Promise(() => {});
}

const relay = createRelay({ database: store.sql, publish, pageRecords: 6, pollMs: 20 });
const running = relay.run(stop.signal);
console.log('runs');
while ((await store.outbox.count()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
stop.abort();
await running;
await store.close();
