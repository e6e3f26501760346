/**
 * A whole program in a test: the runtime with real threads on an embedded broker, or on the Kafka that is named. What it
 * opens is closed when the test ends, however that ends.
 *
 *   const rt = await startTestRuntime(t, {
 *     topics: { 'orders.stream': { partitions: 1 } },
 *     group: { name: 'billing', retry: { maxRetries: 0 } },
 *     handler: (event) => { … },
 *   });
 *   await rt.publish('orders.stream', [['key', { total: 3 }]]);
 *   await rt.until(() => rt.count('offsets.committed') > 0);
 */
import { createBroker } from '../broker/broker.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { EventHub, type RuntimeEvents } from '../core/events.ts';
import { systemRandom } from '../core/random.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { Fn } from '../handler/define-handlers.ts';
import type { RuntimeEnd } from '../supervisor/run-end.ts';
import type { Runtime } from '../supervisor/runtime.ts';
import { createRuntime } from '../supervisor/supervisor.ts';
import { writeHandlerFile } from './function-handlers.ts';
import type { StoredRecord } from './read-topic.ts';
import { TestKafka } from './test-kafka.ts';
import { type GroupFragment, type TestGroup, testSettings } from './test-settings.ts';
import { until } from './until.ts';

/** What is used of a test framework's context: vitest's `t` fits. */
export interface TestContext {
  onTestFinished(close: () => Promise<void>): void;
}

export interface TestRuntimeOptions {
  /** Made before the runtime starts; the runtime itself makes missing topics of its groups too. */
  readonly topics?: Readonly<Record<string, { readonly partitions?: number }>>;
  /**
   * One group: the keys of a manifest's group, and its name (`test` when missing). It reads `topics` when it names none.
   * Without group and handlers there is none where `manifest` has a gateway.
   */
  readonly group?: GroupFragment & { readonly name?: string };
  /** Several groups, by name, each with its own handlers. */
  readonly groups?: Readonly<
    Record<string, GroupFragment & { readonly handlers?: string | object; readonly handler?: Fn }>
  >;
  /** For all event types, on the main thread. */
  readonly handler?: Fn;
  /** By event type, on the main thread; or the path of a module, in threads. */
  readonly handlers?: string | object;
  /** Instead of an embedded broker of its own: another test runtime's, or a real Kafka's. */
  readonly brokers?: readonly BrokerAddress[];
  /** Other sections of the manifest, such as `producer` or `shutdown`. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** True: with the operators' port, at `runtime.httpUrl`. */
  readonly http?: boolean;
  /** False: returns before the groups have joined. */
  readonly joined?: boolean;
  /** Of the runtime, not of its broker: one that is set wrong, or runs fast. */
  readonly clock?: Clock;
}

export interface TestRuntime {
  readonly runtime: Runtime;
  readonly kafka: TestKafka;
  readonly brokers: readonly BrokerAddress[];
  publish: TestKafka['publish'];
  committed: TestKafka['committed'];
  /** Every record in the topic, and in the dead letter topic that belongs to it by default. */
  read(topic: string): Promise<readonly StoredRecord[]>;
  deadLetters(topic: string): Promise<readonly StoredRecord[]>;
  /** Waits, with a deadline that prints the state of the runtime. */
  until(condition: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>;
  /** How often an event was emitted so far. */
  count(event: keyof RuntimeEvents): number;
  events<K extends keyof RuntimeEvents>(event: K): readonly RuntimeEvents[K][];
  /** Keys that wait for an operator. */
  stoppedKeys(group: string): number;
  stop(): Promise<RuntimeEnd>;
}

/** Resolves when every group has joined. */
export async function startTestRuntime(t: TestContext, options: TestRuntimeOptions): Promise<TestRuntime> {
  const brokers = options.brokers ?? [await openBroker(t)];
  const kafka = new TestKafka(brokers);
  t.onTestFinished(() => kafka.close());
  const topics = options.topics ?? {};
  if (Object.keys(topics).length > 0) await kafka.createTopics(topics);

  const settings = testSettings(groupsOf(t, options), brokers, options.manifest);
  const hub = new EventHub();
  const seen: { readonly name: keyof RuntimeEvents; readonly event: unknown }[] = [];
  hub.listen((name, event) => void seen.push({ name, event }));
  const runtime = createRuntime(settings, {
    events: hub,
    http: options.http ?? false,
    ...pick('clock', options.clock),
  });
  t.onTestFinished(async () => void (await runtime.stop()));
  const started = runtime.start();
  if (options.joined ?? true) await started;
  else started.catch(() => {}); // `done` tells

  const events = <K extends keyof RuntimeEvents>(wanted: K) =>
    seen.filter(({ name }) => name === wanted).map(({ event }) => event as RuntimeEvents[K]);
  const state = () => ({
    health: runtime.health(),
    lastEvents: seen.filter(({ name }) => !name.startsWith('loop.')).slice(-20),
  });
  return {
    runtime,
    kafka,
    brokers,
    publish: kafka.publish.bind(kafka),
    committed: kafka.committed.bind(kafka),
    read: (topic) => kafka.read(topic),
    deadLetters: (topic) => kafka.read(`${topic}.dlq`),
    until: (condition, withinMs) => until(condition, { state, ...(withinMs === undefined ? {} : { withinMs }) }),
    count: (event) => events(event).length,
    events,
    stoppedKeys: (group) => events('record.held').filter((event) => event.group === group).length,
    stop: () => runtime.stop(),
  };
}

async function openBroker(t: TestContext): Promise<BrokerAddress> {
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  t.onTestFinished(() => broker.close());
  return broker.address;
}

function groupsOf(t: TestContext, options: TestRuntimeOptions): Readonly<Record<string, TestGroup>> {
  const { name = 'test', ...one } = options.group ?? {};
  const handlers = { ...pick('handler', options.handler), ...pick('handlers', options.handlers) };
  const { group, handler, handlers: module } = options;
  const routesOnly = (group ?? handler ?? module) === undefined && 'gateway' in (options.manifest ?? {});
  const groups = options.groups ?? (routesOnly ? {} : { [name]: { ...one, ...handlers } });
  const sources = Object.keys(options.topics ?? {}).filter((topic) => !topic.endsWith('.dlq'));
  return Object.fromEntries(
    Object.entries(groups).map(([group, { handler, handlers: given, ...fragment }]) => {
      const source = given ?? { '*': handler ?? (() => {}) };
      const subscribed = 'topics' in fragment || 'topicPrefix' in fragment;
      const topics = subscribed ? {} : { topics: sources };
      if (typeof source === 'string') return [group, { fragment: { ...topics, ...fragment }, handlers: source }];
      const file = writeHandlerFile(source);
      t.onTestFinished(async () => file.remove());
      return [group, { fragment: { execution: 'inline', ...topics, ...fragment }, handlers: file.path }];
    }),
  );
}

function pick<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
