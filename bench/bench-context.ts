/** What all parts of a bench are given, and a broker for as long as a part needs one. */
import { BenchTopics } from './bench-topics.ts';
import { type BenchBroker, type BrokerKind, startBroker } from './brokers/kinds.ts';
import type { Machine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import type { Progress } from './progress.ts';

export interface Bench {
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly progress: Progress;
  /** Of every contender. */
  readonly env: Readonly<Record<string, string>>;
}

/** The topics are removed and the broker is stopped when `work` has ended, well or not. */
export async function onBroker(
  kind: BrokerKind,
  { progress }: Bench,
  work: (broker: BenchBroker, topics: BenchTopics) => Promise<void>,
): Promise<void> {
  progress.says(`starting ${kind === 'kafka' ? 'Kafka' : 'the embedded broker'}`);
  const broker = await startBroker(kind);
  const topics = new BenchTopics(broker.brokers, (line) => progress.says(line));
  try {
    await work(broker, topics);
  } finally {
    await topics.removeAll().finally(() => broker.stop());
  }
}
