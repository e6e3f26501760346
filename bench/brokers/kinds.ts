/** The Kafkas that benchmarks run on. */
import { startEmbedded } from './embedded.ts';
import { startApacheKafka } from './kafka.ts';

export type BrokerKind = 'kafka' | 'embedded';

export interface BenchBroker {
  /** For people. */
  readonly title: string;
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  /** Of the broker's process; null when it is not ours. */
  readonly pid: number | null;
  stop(): Promise<void>;
}

/** In a process of its own. KAFKA_BROKERS names a Kafka that runs already. */
export function startBroker(kind: BrokerKind): Promise<BenchBroker> {
  switch (kind) {
    case 'kafka':
      return startApacheKafka(process.env.KAFKA_BROKERS);
    case 'embedded':
      return startEmbedded();
    default:
      return kind satisfies never;
  }
}
