/**
 * The bus on Kafka: a publisher, a runtime with one group, and its dead letter topics, each with connections of its own
 * that are there from the first use until `stop`.
 */
import { systemClock } from '../core/clock.ts';
import { type Emit, EventHub } from '../core/events.ts';
import type { GroupSettings, RuntimeSettings } from '../core/settings.ts';
import { type OpenDeadLetters, openDeadLetters } from '../dead-letters/open-dead-letters.ts';
import { openPublisher } from '../publisher/open-publisher.ts';
import type { Publisher } from '../publisher/publisher.ts';
import type { RuntimeEnd } from '../supervisor/run-end.ts';
import type { Runtime } from '../supervisor/runtime.ts';
import { createRuntime } from '../supervisor/supervisor.ts';
import { busLogger } from './bus-logger.ts';
import { type BusOptions, busSettings, usage } from './bus-settings.ts';
import { type BusEngine, EngineBus, type Letters } from './engine-bus.ts';
import type { EventBus } from './event-bus.ts';

/** Connects with the first event, or with `start`. @throws as `busSettings`; UsageError when no Kafka is named */
export function openKafkaBus(options: BusOptions): EventBus {
  const settings = busSettings(options);
  if (settings.process.kafka.brokers === 'embedded') {
    throw usage('no Kafka is named: set brokers, kafka.brokers or KAFKA_BROKERS; createMemoryBus needs none');
  }
  const events = new EventHub();
  busLogger(settings.process, options.logs, events, systemClock);
  return new EngineBus(settings, new KafkaEngine(settings.process, events.emit), events, systemClock);
}

class KafkaEngine implements BusEngine {
  readonly #settings: RuntimeSettings;
  readonly #emit: Emit;
  #runtime: Runtime | null = null;
  #publisher: Promise<Publisher> | null = null;
  #letters: Promise<OpenDeadLetters> | null = null;

  constructor(settings: RuntimeSettings, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
  }

  async start(group: GroupSettings): Promise<void> {
    // A hub of its own: what listens there is gone with this runtime.
    const events = new EventHub();
    events.listen(this.#emit);
    this.#runtime = createRuntime({ ...this.#settings, groups: [group] }, { http: false, events });
    await this.#runtime.start();
  }

  async stop(): Promise<RuntimeEnd> {
    const [runtime, publisher, letters] = [this.#runtime, this.#publisher, this.#letters];
    const end = (await runtime?.stop()) ?? { exitCode: 0, error: null };
    this.#runtime = null;
    // Handlers may publish until they are done.
    this.#publisher = null;
    this.#letters = null;
    await Promise.allSettled([publisher?.then((open) => open.close()), letters?.then((open) => open.close())]);
    return end;
  }

  publisher(): Promise<Publisher> {
    const schemas = this.#settings.groups.map((group) => group.schemas);
    this.#publisher ??= openPublisher({ ...this.#settings, schemas }, this.#emit);
    return this.#publisher;
  }

  async letters(): Promise<Letters> {
    this.#letters ??= openDeadLetters(this.#settings);
    return (await this.#letters).letters;
  }
}
