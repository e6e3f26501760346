/** The broker that the load runs on, and how it goes away and comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrokerThread } from '../../runtime/broker/start-broker.ts';
import { startKafka } from '../real/kafka.ts';
import type { LoadOptions } from './options.ts';

export interface Ground {
  /** Comma-separated `host:port`. */
  readonly brokers: string;
  /** Resolves when it answers again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Apache Kafka takes some seconds for the same. */
const embeddedAwayMs = 3_000;

export async function openGround({ broker, signal }: Pick<LoadOptions, 'broker' | 'signal'>): Promise<Ground> {
  if (broker === 'kafka') {
    const kafka = await startKafka();
    return {
      brokers: kafka.brokers,
      restart: async () => {
        await kafka.kill(signal);
        await kafka.restart();
      },
      close: () => kafka.stop(),
    };
  }
  const embedded = await startBrokerThread();
  return {
    brokers: `${embedded.address.host}:${embedded.address.port}`,
    restart: async () => {
      await embedded.stop();
      await sleep(embeddedAwayMs);
      await embedded.restart();
    },
    close: () => embedded.close(),
  };
}
