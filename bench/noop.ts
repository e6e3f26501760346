/**
 * `npm run bench:noop`: how fast records of 100 bytes go through a handler that does nothing, next to raw kafkajs
 * `eachBatch`, from the same topic of the same broker in one run. Says what a record costs, not what handlers cost.
 *
 *   npm run bench:noop -- [--records 1000000] [--runs 3]
 *
 * Uses the Kafka at KAFKA_BROKERS, or starts Apache Kafka for itself.
 */
import { parseArgs } from 'node:util';
import { startKafka } from '../scripts/real/kafka.ts';
import { fillTopic } from './fill-topic.ts';
import { measureInTurn, table } from './measure.ts';

const { values } = parseArgs({
  options: { records: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '3' } },
});
const records = Number(values.records);
const runs = Number(values.runs);
if (!Number.isInteger(records) || records < 1 || !Number.isInteger(runs) || runs < 1) {
  console.error('bench:noop: --records and --runs take whole numbers from 1');
  process.exit(1);
}

const contenders = [
  { name: 'this runtime', script: 'contenders/runtime.ts' },
  { name: 'kafkajs eachBatch', script: 'contenders/kafkajs-each-batch.ts' },
] as const;

const kafka = process.env.KAFKA_BROKERS ? null : await startKafka({ properties: { 'log.retention.hours': '1' } });
const brokers = process.env.KAFKA_BROKERS ?? kafka!.brokers;
try {
  const topic = await fillTopic({ brokers, partitions: 6, records, valueBytes: 100, report: console.error });
  const results = await measureInTurn(contenders, { brokers, topic, records }, runs, console.error);
  console.log(`${records.toLocaleString('en')} records of 100 bytes, 6 partitions, Apache Kafka on the same machine\n`);
  console.log(table(results));
} finally {
  await kafka?.stop();
}
