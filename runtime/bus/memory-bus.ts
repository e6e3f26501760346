/**
 * The bus without Kafka, for tests: the engine with memory where it has Kafka. What is published is there at once, and
 * handled in the background, as on Kafka; what was published before `start` is handled too (`from: earliest`).
 *
 *   publish, ctx.publish, dead letters ─▶ MemoryProducer ─▶ BusMemory ─▶ MemoryConsumer ─▶ dispatch … outcome … commit
 */
import { randomUUID } from 'node:crypto';
import pino, { type Logger } from 'pino';
import { BytesPool } from '../core/bytes-pool.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { EventHub } from '../core/events.ts';
import type { ProgressPool } from '../core/progress.ts';
import { type Random, systemRandom } from '../core/random.ts';
import type { GroupSettings, RuntimeSettings } from '../core/settings.ts';
import type { ConsumerHooks } from '../core/stages.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { loadPartitioner } from '../publisher/load-partitioner.ts';
import { EventPublisher } from '../publisher/publisher.ts';
import { loadOutboundCheck } from '../schemas/load-outbound-check.ts';
import { buildStages } from '../supervisor/build-group.ts';
import { keepRunning } from '../supervisor/group-restart.ts';
import { runGroup } from '../supervisor/group-runner.ts';
import { endOf, type GroupEnd, type RuntimeEnd } from '../supervisor/run-end.ts';
import type { SharedDeps } from '../supervisor/shared.ts';
import { busLogger } from './bus-logger.ts';
import { BusMemory } from './bus-memory.ts';
import { type BusOptions, busSettings, usage } from './bus-settings.ts';
import { type BusEngine, EngineBus, type Letters } from './engine-bus.ts';
import type { EventBus } from './event-bus.ts';
import { MemoryConsumer } from './memory-consumer.ts';
import { MemoryLetters } from './memory-letters.ts';
import { MemoryProducer } from './memory-producer.ts';

export interface MemoryBusOptions extends BusOptions {
  /** Of every topic. Default 1. */
  readonly partitions?: number;
  /** Another bus in memory: both have the same topics, and each group gets every event. Default: topics of its own. */
  readonly beside?: EventBus;
  readonly clock?: Clock;
  readonly random?: Random;
}

const memories = new WeakMap<EventBus, BusMemory>();

/** @param options as for the bus on Kafka; `brokers` is not looked at @throws as `busSettings` */
export async function openMemoryBus(options: MemoryBusOptions): Promise<EventBus> {
  const { clock = systemClock, random = systemRandom } = options;
  const memory = memoryOf(options);
  const settings = busSettings({ ...options, env: { ...(options.env ?? process.env), KAFKA_BROKERS: 'embedded' } });
  const events = new EventHub();
  const logger = busLogger(settings.process, options.logs, events, clock);
  const choose = await loadPartitioner(settings.process.producer.partitioner);
  const { emit } = events;
  const producer = new MemoryProducer({ memory, settings: settings.process.producer, choose, clock, emit });
  const outbound = await loadOutboundCheck([settings.group.schemas]);
  const publisher = new EventPublisher({ producer, outbound, clock, newId: randomUUID, closeRest: async () => {} });
  const deps = { clock, random, emit, logger: logger ?? pino({ level: 'silent' }) };
  const bus = new EngineBus(
    settings,
    new MemoryEngine(settings.process, memory, producer, publisher, deps),
    events,
    clock,
  );
  memories.set(bus, memory);
  return bus;
}

function memoryOf({ beside, partitions = 1 }: MemoryBusOptions): BusMemory {
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw usage(`partitions: expected a whole number from 1, got ${String(partitions)}`);
  }
  if (beside === undefined) return new BusMemory(partitions);
  const memory = memories.get(beside);
  if (memory === undefined) throw usage('beside: expected a bus that createMemoryBus has made');
  return memory;
}

interface MemoryDeps extends Pick<SharedDeps, 'clock' | 'random' | 'emit'> {
  readonly logger: Logger;
}

class MemoryEngine implements BusEngine {
  readonly #memory: BusMemory;
  readonly #producer: MemoryProducer;
  readonly #publisher: EventPublisher;
  readonly #deps: SharedDeps;
  #stopping = new AbortController();
  #running: Promise<GroupEnd> | null = null;

  constructor(
    settings: RuntimeSettings,
    memory: BusMemory,
    producer: MemoryProducer,
    publisher: EventPublisher,
    deps: MemoryDeps,
  ) {
    this.#memory = memory;
    this.#producer = producer;
    this.#publisher = publisher;
    this.#deps = { ...deps, logLevel: settings.logs.level, drainBudgetMs: settings.shutdown.timeoutMs };
  }

  async start(group: GroupSettings): Promise<void> {
    this.#stopping = new AbortController();
    const joined = Promise.withResolvers<null>();
    const run = (signal: AbortSignal): Promise<boolean> => this.#run(group, signal, () => joined.resolve(null));
    this.#running = keepRunning({ group: group.name, run }, this.#deps, this.#stopping.signal);
    const end = await Promise.race([joined.promise, this.#running]);
    if (end?.kind === 'failed') throw end.error;
  }

  async stop(): Promise<RuntimeEnd> {
    this.#stopping.abort();
    const end = await this.#running;
    this.#running = null;
    return endOf(end === null ? [] : [end]);
  }

  async publisher(): Promise<EventPublisher> {
    return this.#publisher;
  }

  async letters(): Promise<Letters> {
    return new MemoryLetters(this.#memory, this.#producer);
  }

  #run(group: GroupSettings, signal: AbortSignal, joined: () => void): Promise<boolean> {
    const [memory, producer, bytes] = [this.#memory, this.#producer, new BytesPool()];
    const { emit, drainBudgetMs } = this.#deps;
    const source = {
      bytes,
      publish: (records: readonly OutboundRecord[]) => producer.publish(records),
      writeDeadLetter: (record: OutboundRecord) => producer.send([record], { deadLetter: true }),
      consumer: (hooks: ConsumerHooks, pool: ProgressPool) =>
        new MemoryConsumer({ group, memory, emit, pool, bytes, hooks, joined }),
      topics: async () => {},
    };
    return runGroup(buildStages(group, source, this.#deps), drainBudgetMs, signal);
  }
}
