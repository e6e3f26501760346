/**
 * One bus for events, whatever carries them (row S-12): Kafka (`kafka-bus.ts`), or memory for tests (`memory-bus.ts`).
 * Both are the same engine as `runtime start`: order per key, retries, dead letters and schemas are the same code, and
 * handlers see the same events, so that a program changes from one to the other in the line that makes the bus.
 *
 *   publish ─▶ topic ─┬─▶ bus of group `billing` ─▶ its subscribers, one after the other
 *                     └─▶ bus of group `audit`   ─▶ its subscribers           every group gets every event (S-49)
 *
 *   idle ──start──▶ running ──stop──▶ idle            publishing and dead letters work in both
 */
import type { EventHub } from '../core/events.ts';
import type { PublishOptions } from '../core/thread-messages.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import type { ListOptions, Replayed } from '../dead-letters/dead-letters.ts';
import type { Fn, Spec } from '../handler/define-handlers.ts';
import type { OutboundEvent, Published } from '../handler/outbound-event.ts';
import type { Subscriber, SubscriberClass } from '../handler/subscriber.ts';
import type { HealthReport } from '../supervisor/reports.ts';
import type { RuntimeEnd } from '../supervisor/run-end.ts';
import type { GroupTopic } from '../supervisor/runtime.ts';
import type { Stats } from '../telemetry/stats.ts';

/** Goes to the bus's own topic when it names none. */
export type BusEvent<T = unknown> = Omit<OutboundEvent<T>, 'topic'> & { readonly topic?: string };

export interface EventBus {
  /**
   * Writes events; those of one key in the given order, also after earlier calls. With `background` it resolves as soon
   * as they have room in the producer, without places; what fails then is counted and logged only.
   * @returns where each was written, once they are acknowledged: not when they are handled
   * @throws as `Publisher.publish`; UsageError for an event without a topic on a bus that reads several
   */
  publish(events: BusEvent | readonly BusEvent[], options?: PublishOptions): Promise<readonly Published[]>;

  /**
   * Subscribes a function to one type or several, or an object to what it names itself. Subscribers of an event run one
   * after the other, in the order in which they came; one that has succeeded does not run again when another one fails.
   * @throws TypeError for what is no subscriber; UsageError while the bus is running
   */
  subscribe<T = unknown>(types: string | readonly string[], handler: Fn<T> | Spec<T>): void;
  subscribe<T = unknown>(subscriber: Subscriber<T> | SubscriberClass<T>): void;
  /** All events: an audit log. @throws as `subscribe` */
  subscribeAll<T = unknown>(handler: Fn<T> | Spec<T>): void;

  /** Resolves when the group has joined, and what is published from now on is handled. @throws what ended it before */
  start(): Promise<void>;
  /**
   * Finishes what is being handled, within `shutdown.timeout`, and flushes what is being published; closes every
   * connection. It may be started again, and goes on where it was. Never rejects.
   */
  stop(): Promise<RuntimeEnd>;

  /** Counts since the bus was made. */
  stats(): Stats;
  health(): HealthReport;
  /** The topics of the group, with their dead letter topics. */
  topics(): readonly GroupTopic[];
  readonly deadLetters: BusDeadLetters;
  /** What happens, as of a runtime. */
  readonly events: EventHub;
}

/** Of all topics of the group. */
export interface BusDeadLetters {
  /** How many letters there are. @throws KafkaError where the topic cannot be read */
  count(): Promise<number>;
  /** The newest first. Default: 100 of them. */
  list(options?: ListOptions): Promise<readonly DeadLetter[]>;
  /**
   * Sends one back to the topic it came from; the letter stays. `topic` is needed where the group has several dead
   * letter topics.
   * @throws DeadLetterError when it cannot be sent back
   */
  replay(letter: LetterToReplay): Promise<Replayed>;
}

/** A `DeadLetter`, or its place. */
export interface LetterToReplay {
  readonly topic?: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Also when it has been sent back as often as `dlq.maxReplays` allows. */
  readonly force?: boolean;
}

export type { DeadLetter, ListOptions, Replayed };
