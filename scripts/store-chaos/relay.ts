/** A process that relays the outbox to Kafka, until it is asked to end: STORE_URL and KAFKA_BROKERS say where. */
import { createPublisher } from '../../runtime/index.ts';
import { createRelay, openStore } from '../../runtime/store/index.ts';

const store = await openStore(process.env.STORE_URL!);
const publisher = await createPublisher();
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

/** Of several relays one leads: it is worth more to kill. */
let leads = false;
function tellOnce(): void {
  if (!leads) console.log('leads');
  leads = true;
}

const relay = createRelay({
  database: store.sql,
  publish: (records) => {
    tellOnce();
    return publisher.send(records);
  },
  onFailure: ({ kind, error }) => console.error(`${kind}: ${error instanceof Error ? error.message : error}`),
});
console.log('relays');
await relay.run(stop.signal);
await publisher.close();
await store.close();
