/** What both buses have in common: subscriptions, the life of the group, what is counted. What carries events is below. */
import type { Clock } from '../core/clock.ts';
import type { EventHub } from '../core/events.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { PublishOptions } from '../core/thread-messages.ts';
import { type LetterTopic, letterTopicsOf } from '../dead-letters/letter-topic.ts';
import type { Fn, Spec } from '../handler/define-handlers.ts';
import type { OutboundEvent, Published } from '../handler/outbound-event.ts';
import type { Subscriber, SubscriberClass } from '../handler/subscriber.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { StatusBoard } from '../supervisor/group-status.ts';
import { Liveness } from '../supervisor/liveness.ts';
import { type HealthReport, healthReport } from '../supervisor/reports.ts';
import type { RuntimeEnd } from '../supervisor/run-end.ts';
import type { GroupTopic } from '../supervisor/runtime.ts';
import { type Stats, StatsBoard } from '../telemetry/stats.ts';
import { type BusSettings, usage } from './bus-settings.ts';
import type { BusEvent, DeadLetter, EventBus, LetterToReplay, ListOptions, Replayed } from './event-bus.ts';
import { Subscriptions } from './subscriptions.ts';

/** What carries the events of one group. */
export interface BusEngine {
  /** Resolves when the group reads its partitions. @throws what ended it before */
  start(group: GroupSettings): Promise<void>;
  /** Also when it has not started, or has ended by itself. Never rejects. */
  stop(): Promise<RuntimeEnd>;
  publisher(): Promise<Pick<Publisher, 'publish'>>;
  letters(): Promise<Letters>;
}

/** One dead letter topic at a time. */
export interface Letters {
  count(topic: string): Promise<{ readonly records: number }>;
  list(topic: string, options: ListOptions): AsyncIterable<DeadLetter>;
  replay(from: LetterTopic, place: LetterToReplay, options: { readonly force?: boolean }): Promise<Replayed>;
}

const defaultLimit = 100;

export class EngineBus implements EventBus {
  readonly events: EventHub;
  readonly #engine: BusEngine;
  readonly #group: GroupSettings;
  readonly #subscriptions: Subscriptions;
  readonly #status: StatusBoard;
  readonly #stats: StatsBoard;
  readonly #liveness: Liveness;
  /** From `start` until `stop` is over. */
  #running: Promise<void> | null = null;
  #stopping: Promise<RuntimeEnd> | null = null;

  /** @param events on which the engine tells what happens */
  constructor({ process, group }: BusSettings, engine: BusEngine, events: EventHub, clock: Clock) {
    this.#engine = engine;
    this.#group = group;
    this.#subscriptions = new Subscriptions(group);
    this.events = events;
    this.#status = new StatusBoard([group.name], clock);
    this.#stats = new StatsBoard(clock);
    this.#liveness = new Liveness(process.health.stalledForMs, clock);
    for (const { listener } of [this.#status, this.#stats, this.#liveness]) events.listen(listener);
  }

  async publish(events: BusEvent | readonly BusEvent[], options?: PublishOptions): Promise<readonly Published[]> {
    const list: readonly BusEvent[] = Array.isArray(events) ? events : [events as BusEvent];
    const addressed = list.map((event): OutboundEvent => ({ ...event, topic: event.topic ?? this.#ownTopic(event) }));
    return (await this.#engine.publisher()).publish(addressed, options);
  }

  subscribe(types: string | readonly string[] | Subscriber | SubscriberClass, handler?: Fn<never> | Spec<never>): void {
    if (this.#running !== null) throw usage('it is running: subscribe before start(), or after stop()');
    this.#subscriptions.add(types, handler as Fn | Spec | undefined);
  }

  subscribeAll(handler: Fn<never> | Spec<never>): void {
    this.subscribe('*', handler);
  }

  start(): Promise<void> {
    if (this.#stopping !== null) return this.#stopping.then(() => this.start());
    // At once: a stop that comes right after it has to find something to end.
    this.#running ??= this.#start();
    return this.#running;
  }

  stop(): Promise<RuntimeEnd> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  stats(): Stats {
    return this.#stats.total();
  }

  health(): HealthReport {
    return healthReport(this.#status, this.#stats, this.#liveness);
  }

  topics(): readonly GroupTopic[] {
    const { name: group, topics } = this.#group;
    return topics.map(({ name, dlqTopic }) => ({ group, topic: name, deadLetterTopic: dlqTopic }));
  }

  readonly deadLetters = {
    count: async (): Promise<number> => {
      const letters = await this.#engine.letters();
      const counts = await Promise.all(letterTopicsOf(this.#group).map(({ topic }) => letters.count(topic)));
      return counts.reduce((sum, { records }) => sum + records, 0);
    },
    list: async (options: ListOptions = {}): Promise<readonly DeadLetter[]> => {
      const { limit = defaultLimit, order = 'newest' } = options;
      const letters = await this.#engine.letters();
      const found: DeadLetter[] = [];
      for (const { topic } of letterTopicsOf(this.#group)) {
        for await (const letter of letters.list(topic, { ...options, limit, order })) found.push(letter);
      }
      // Those of one topic are in order already, and stay in it.
      const sign = order === 'newest' ? -1 : 1;
      return found.sort((a, b) => sign * (a.timestamp.getTime() - b.timestamp.getTime())).slice(0, limit);
    },
    replay: async (letter: LetterToReplay): Promise<Replayed> => {
      const { partition, offset, force = false } = letter;
      return (await this.#engine.letters()).replay(this.#letterTopic(letter.topic), { partition, offset }, { force });
    },
  };

  #letterTopic(named: string | undefined): LetterTopic {
    const topics = letterTopicsOf(this.#group);
    const found = named === undefined ? topics : topics.filter(({ topic }) => topic === named);
    if (found.length === 1) return found[0]!;
    const has = topics.length === 0 ? 'none' : topics.map(({ topic }) => topic).join(', ');
    const problem =
      named === undefined ? 'a letter to replay needs its topic' : `${named} is no dead letter topic of it`;
    throw usage(`${problem}; group ${this.#group.name} has ${has}`);
  }

  async #start(): Promise<void> {
    const handlers = [...this.#group.handlers, ...this.#subscriptions.offer()];
    try {
      if (handlers.length === 0) throw usage('nobody is subscribed: subscribe() before start()');
      await this.#engine.start({ ...this.#group, handlers });
    } catch (error) {
      await this.#end();
      this.#running = null;
      throw error;
    }
  }

  async #stop(): Promise<RuntimeEnd> {
    const end = await this.#end();
    await this.#running?.catch(() => {}); // told by start()
    this.#running = null;
    this.#stopping = null;
    return end;
  }

  async #end(): Promise<RuntimeEnd> {
    const end = await this.#engine.stop();
    this.#subscriptions.withdraw();
    return end;
  }

  #ownTopic({ type }: BusEvent): string {
    const { name, topics } = this.#group;
    if (topics.length === 1) return topics[0]!.name;
    throw usage(`group ${name} reads ${topics.map((one) => one.name).join(', ')}: say which topic ${type} goes to`);
  }
}
