/** Publishes one event for each record; a record is done when Kafka has acknowledged what it published. */
import { defineHandlers } from 'kafka-worker-runtime';
import type { Message, Producer } from 'kafkajs';
import { handled } from '../contenders/board.ts';
import type { PeerHandlers } from '../contenders/peer-handlers.ts';

const topic = process.env.BENCH_OUT!;
const type = 'ParcelSent';
const data = { parcel: 'p-17', carrier: 'by bicycle' };

export default defineHandlers({
  '*': async (event, ctx) => {
    await ctx.publish({ topic, type, key: event.key, data });
    handled();
  },
});

let producer: Producer;

export const open: PeerHandlers['open'] = async ({ brokers }) => {
  const { Kafka } = await import('kafkajs'); // not in the threads of the runtime, which has no use for it
  producer = new Kafka({ brokers: brokers.split(',') }).producer();
  await producer.connect();
  return () => producer.disconnect();
};

const message = (key: Buffer | null): Message => ({
  key,
  value: JSON.stringify(data),
  headers: { event_type: type },
});

export const raw: PeerHandlers['raw'] = async ({ key }) => {
  await producer.send({ topic, messages: [message(key)] });
  handled();
};

export const rawBatch: PeerHandlers['rawBatch'] = async (records) => {
  await producer.send({ topic, messages: records.map(({ key }) => message(key)) });
  for (const _ of records) handled();
};
