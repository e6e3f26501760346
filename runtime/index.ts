/** What users import from this package: the handler API, and the runtime as a library. The testing kit is `./testing`. */

export { EventHub, type RuntimeEvents } from './core/events.ts';
export type { PublishOptions } from './core/thread-messages.ts';
export {
  type BusDeadLetters,
  type BusEvent,
  type BusOptions,
  createKafkaBus,
  createMemoryBus,
  type EventBus,
  type LetterToReplay,
  type MemoryBusOptions,
} from './create-bus.ts';
export {
  type CloseOptions,
  type CreatePublisherOptions,
  createPublisher,
  type Publisher,
  type PublisherSettings,
} from './create-publisher.ts';
export {
  type CreateRuntimeOptions,
  createRuntime,
  type GroupTopic,
  type HealthReport,
  type Runtime,
  type RuntimeEnd,
  type RuntimePublisher,
  type StatsReport,
} from './create-runtime.ts';
export type { Change } from './handler/change.ts';
export type { Context, Logger, Transaction } from './handler/context.ts';
export type { DedupeModule, MarkOwner } from './handler/dedupe-module.ts';
export {
  defineHandlers,
  type Fn,
  type Handlers,
  type RetryPolicy,
  type Spec,
} from './handler/define-handlers.ts';
export {
  type Delivery,
  type FailedDelivery,
  PartlyPublishedError,
  type WrittenDelivery,
} from './handler/delivery.ts';
export type { Event, RawEvent } from './handler/event.ts';
export { NonRetryableError, RetryableError, type RetryableErrorOptions } from './handler/handler-errors.ts';
export type { Lifecycle, PartitionContext, RevokedPartition, SetupEnv } from './handler/lifecycle.ts';
export type { OffsetsModule } from './handler/offsets-module.ts';
export type { OutboundEvent, Published } from './handler/outbound-event.ts';
export type { SubscribedTo, Subscriber, SubscriberClass } from './handler/subscriber.ts';
export type { PartitionerModule, RecordToPlace } from './publisher/choose-partition.ts';
export { type ReadEvent, type ReadEventsOptions, type ReadEventsSettings, readEvents } from './replay/read-events.ts';
