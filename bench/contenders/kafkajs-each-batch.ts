/** Raw kafkajs, its fastest way to read: `eachBatch`, every record counted, offsets committed by the library. */
import { Kafka, logLevel } from 'kafkajs';
import { Stopwatch } from '../measure.ts';

const [brokers = '', topic = '', records = '0'] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bench-kafkajs', logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `bench-kafkajs-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 500 });
const watch = new Stopwatch(Number(records));
let count = 0;

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 6,
  eachBatch: async ({ batch }) => {
    count += batch.messages.length;
    if (!watch.seen(count)) return;
    console.log(JSON.stringify(watch.result()));
    process.exit(0);
  },
});
