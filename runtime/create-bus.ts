/**
 * Event buses for programs (row S-12). What they take is loaded here, when it is called: handler modules import this
 * package too, and need neither a Kafka client nor the engine.
 */
import type { BusOptions } from './bus/bus-settings.ts';
import type { EventBus } from './bus/event-bus.ts';
import type { MemoryBusOptions } from './bus/memory-bus.ts';

export type { BusDeadLetters, BusEvent, EventBus, LetterToReplay } from './bus/event-bus.ts';
export type { BusOptions, MemoryBusOptions };

/** @throws ManifestError with every problem of the settings in its message; `UsageError` when no Kafka is named */
export async function createKafkaBus(options: BusOptions): Promise<EventBus> {
  const { openKafkaBus } = await import('./bus/kafka-bus.ts');
  return openKafkaBus(options);
}

/** The same without Kafka, for tests. @throws ManifestError with every problem of the settings in its message */
export async function createMemoryBus(options: MemoryBusOptions): Promise<EventBus> {
  const { openMemoryBus } = await import('./bus/memory-bus.ts');
  return openMemoryBus(options);
}
