/**
 * Keeps the one Apache Kafka of a vitest run. It starts nothing by itself: test files ask for it over a loopback
 * port (see `real-kafka.ts`), the first question starts Kafka, and the end of the run stops it.
 *
 *   asked for the first time ──▶ KAFKA_BROKERS is set:  use those
 *                                Java and Maven exist:  install, start, answer when it is ready
 *                                otherwise:             missing, with the reason, printed once
 *
 * Runs in vitest's main process, so that all test files of a run share the broker.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type RunningKafka, startKafka } from '../../../scripts/real/kafka.ts';
import { kafkaSupport } from '../../../scripts/real/kafka-install.ts';

/** What a test file is told. */
export type KafkaAnswer =
  | { readonly kind: 'ready'; readonly brokers: string }
  | { readonly kind: 'missing'; readonly reason: string };

declare module 'vitest' {
  export interface ProvidedContext {
    /** Port on 127.0.0.1 that answers any GET with a KafkaAnswer. */
    realKafkaPort: number;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let running: RunningKafka | undefined;
  let answer: Promise<KafkaAnswer> | undefined;

  const find = async (): Promise<KafkaAnswer> => {
    const given = process.env.KAFKA_BROKERS;
    if (given) return { kind: 'ready', brokers: given };
    const support = await kafkaSupport();
    if (support.kind === 'missing') {
      console.warn(`Tests on real Kafka are skipped: ${support.reason}, or set KAFKA_BROKERS`);
      return support;
    }
    try {
      running = await startKafka();
      return { kind: 'ready', brokers: running.brokers };
    } catch (error) {
      // Java and Maven are there, but no network for Maven, say: a fresh clone must still pass its tests.
      const reason = error instanceof Error ? error.message : String(error);
      console.warn(`Tests on real Kafka are skipped, it did not start: ${reason.split('\n')[0]}`);
      return { kind: 'missing', reason };
    }
  };

  const server = createServer((_request, response) => {
    answer ??= find();
    void answer.then((found) => response.end(JSON.stringify(found)));
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('realKafkaPort', (server.address() as AddressInfo).port);

  return async () => {
    server.closeAllConnections();
    server.close();
    await answer;
    await running?.stop();
  };
}
