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
import type { TestProject } from 'vitest/node';
import { type RunningKafka, startKafka } from '../../../scripts/real/kafka.ts';
import { kafkaSupport } from '../../../scripts/real/kafka-install.ts';
import { oncePerRun } from './once-per-run.ts';

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

  const shared = await oncePerRun(find);
  project.provide('realKafkaPort', shared.port);

  return async () => {
    await shared.close();
    await running?.stop();
  };
}
