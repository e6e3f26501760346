/** What a runtime can be asked, by the command line, by a program that embeds it, by tests. Made by `supervisor.ts`. */
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { EventHub } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { OutboundRecord, PublishResult } from '../core/thread-messages.ts';
import type { Publisher } from '../publisher/publisher.ts';
import type { HealthReport, StatsReport } from './reports.ts';
import type { RuntimeEnd } from './run-end.ts';

export interface RuntimeOptions {
  /** Null: no lines at all. */
  readonly logger?: Logger | null;
  /** False: no port for operators. */
  readonly http?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Listeners that are on it hear everything from the first event on. */
  readonly events?: EventHub;
  /** Offsets by `partitionKey` that its groups do not read up to; partitions without one are read for ever. */
  readonly readUpTo?: ReadonlyMap<string, number>;
}

/** One topic that a group reads (row S-20). */
export interface GroupTopic {
  readonly group: string;
  readonly topic: string;
  /** Null with `dlq.enabled: false`. */
  readonly deadLetterTopic: string | null;
}

/** The runtime's own producer, which it closes itself. What is published before `start` waits for it. */
export type RuntimePublisher = Pick<Publisher, 'publish' | 'deliver' | 'flush' | 'bufferedBytes'>;

export interface Runtime {
  /**
   * Resolves when every group has joined and knows where to read its partitions, and the gateway listens, or when `stop`
   * came first. Rejects when the runtime ended before.
   */
  start(): Promise<void>;
  /** Drains: in-flight work finishes within `shutdown.timeout` and is committed. Resolves when all is closed. */
  stop(): Promise<RuntimeEnd>;
  /** Resolves once, with how it ended; never rejects. */
  readonly done: Promise<RuntimeEnd>;
  readonly events: EventHub;
  ready(): boolean;
  health(): HealthReport;
  stats(): StatsReport;
  /** In the order of the manifest. */
  topics(): readonly GroupTopic[];
  /** Publishes events as `ctx.publish` does, until the runtime has ended. */
  readonly publisher: RuntimePublisher;
  /** Writes records as they are, with the same producer. Waits until that is open. */
  publish(records: readonly OutboundRecord[]): Promise<PublishResult>;
  /** Where Kafka is, once it is known: the embedded broker's address too. */
  brokers(): Promise<readonly BrokerAddress[]>;
  /** Of the operators' port; null while it is not open. */
  readonly httpUrl: string | null;
  /** Of the gateway; null while it does not listen, and without a route. */
  readonly gatewayUrl: string | null;
}
