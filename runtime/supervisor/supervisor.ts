/**
 * One process: opens what all groups share, runs every group, restarts those that die, drains on request and says how
 * it ended. What one group does with a record is in `group-runner.ts`; nothing here touches records.
 *
 *   idle ──start──▶ opening ──▶ running ──stop, or nothing left to run──▶ draining ──▶ ended
 *
 * Whatever happens, `done` resolves once, and never with exit code 0 while a group is dead (row X-03).
 */
import { once } from 'node:events';
import pino, { type Logger } from 'pino';
import { type Clock, systemClock } from '../core/clock.ts';
import { isRuntimeFault } from '../core/errors.ts';
import { EventHub } from '../core/events.ts';
import { type Random, systemRandom } from '../core/random.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { BrokerAddress, RuntimeSettings } from '../core/settings.ts';
import type { OutboundRecord, PublishResult } from '../core/thread-messages.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { startHttpServer } from '../http/server.ts';
import { endOffsets } from '../kafka/end-offsets.ts';
import type { KafkaClient } from '../kafka/port.ts';
import type { Producer } from '../publisher/producer.ts';
import { closedError } from '../publisher/record-faults.ts';
import { logEvents } from '../telemetry/logs.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { StatsBoard } from '../telemetry/stats.ts';
import { buildGroup } from './build-group.ts';
import { keepRunning } from './group-restart.ts';
import { runGroup } from './group-runner.ts';
import { StatusBoard } from './group-status.ts';
import { LagMeter } from './lag.ts';
import { Liveness } from './liveness.ts';
import { ensureGatewayTopics, openGateway } from './open-gateway.ts';
import { Opened } from './opened.ts';
import { createReports, type HealthReport, healthReport, type StatsReport, statsReport } from './reports.ts';
import { endOf, failureExitCode, type GroupEnd, type RuntimeEnd } from './run-end.ts';
import type { GroupTopic, Runtime, RuntimeOptions, RuntimePublisher } from './runtime.ts';
import { openShared, type Shared, type SharedDeps } from './shared.ts';
import { SharedPublisher } from './shared-publisher.ts';
import { StallWatch } from './stall-watch.ts';

/** On top of `shutdown.timeout`: the last commit, leaving the group, ending threads. After that it is forced. */
const graceMs = 5_000;
const closeDeadlineMs = 3_000;

/** Nothing is opened before `start`. @param settings from `loadManifests` */
export function createRuntime(settings: RuntimeSettings, options: RuntimeOptions = {}): Runtime {
  return new Process(settings, options);
}

class Process implements Runtime {
  readonly events: EventHub;
  readonly #settings: RuntimeSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #withHttp: boolean;
  readonly #readUpTo: ReadonlyMap<string, number>;
  readonly #status: StatusBoard;
  readonly #stats: StatsBoard;
  readonly #metrics = new Metrics();
  readonly #liveness: Liveness;
  readonly #stopping = new AbortController();
  readonly #shared = Promise.withResolvers<Shared>();
  readonly #ended = Promise.withResolvers<RuntimeEnd>();
  readonly #publisher = new SharedPublisher(async () => (await this.#shared.promise).publisher);
  /** Why the process gives itself up; it counts for more than how the drain ends. */
  #stalled: RuntimeEnd | null = null;
  #started: boolean = false;
  #httpUrl: string | null = null;
  #gateway: Gateway | null = null;

  constructor(settings: RuntimeSettings, options: RuntimeOptions) {
    this.#settings = settings;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#logger = options.logger ?? pino({ level: 'silent' });
    this.#withHttp = options.http ?? true;
    this.#readUpTo = options.readUpTo ?? new Map();
    this.events = options.events ?? new EventHub();
    const names = settings.groups.map(({ name }) => name);
    this.#status = new StatusBoard(names, this.#clock);
    this.#stats = new StatsBoard(this.#clock);
    this.#liveness = new Liveness(settings.health.stalledForMs, this.#clock);
    for (const { listener } of [this.#status, this.#stats, this.#metrics, this.#liveness]) this.events.listen(listener);
    this.events.listen(logEvents(this.#logger, this.#clock));
    // Nobody may be waiting for it, and that is fine.
    this.#shared.promise.catch(() => {});
  }

  get done(): Promise<RuntimeEnd> {
    return this.#ended.promise;
  }

  get publisher(): RuntimePublisher {
    return this.#publisher;
  }

  get httpUrl(): string | null {
    return this.#httpUrl;
  }

  get gatewayUrl(): string | null {
    return this.#gateway?.url ?? null;
  }

  async start(): Promise<void> {
    if (!this.#started) {
      this.#started = true;
      void this.#run();
    }
    const joined = this.#joined();
    const end = await Promise.race([joined.promise, this.done]);
    joined.cancel();
    if (end !== null && end.error !== null) throw end.error;
  }

  stop(): Promise<RuntimeEnd> {
    if (!this.#started) {
      this.#started = true;
      this.#shared.reject(closedError());
      this.#ended.resolve({ exitCode: 0, error: null });
    }
    if (!this.#stopping.signal.aborted) this.#drain();
    return this.done;
  }

  ready(): boolean {
    return this.#status.ready() && this.#gatewayListens() && !this.#stopping.signal.aborted;
  }

  health(): HealthReport {
    return healthReport(this.#status, this.#stats, this.#liveness);
  }

  stats(): StatsReport {
    return statsReport(this.#status, this.#stats);
  }

  topics(): readonly GroupTopic[] {
    return this.#settings.groups.flatMap(({ name, topics }) =>
      topics.map((topic) => ({ group: name, topic: topic.name, deadLetterTopic: topic.dlqTopic })),
    );
  }

  async publish(records: readonly OutboundRecord[]): Promise<PublishResult> {
    return (await this.#shared.promise).publish(records);
  }

  async brokers(): Promise<readonly BrokerAddress[]> {
    return (await this.#shared.promise).brokers;
  }

  async #run(): Promise<void> {
    const opened = new Opened(this.#clock);
    const end = await this.#runUntilEnd(opened).catch((error: unknown) => {
      this.#shared.reject(error);
      return { exitCode: failureExitCode(error), error } satisfies RuntimeEnd;
    });
    for (const { name, problem } of await opened.closeAll(closeDeadlineMs)) {
      this.#logger.warn(`${name}: ${problem}`);
    }
    this.#ended.resolve(this.#stalled ?? end);
  }

  async #runUntilEnd(opened: Opened): Promise<RuntimeEnd> {
    if (this.#withHttp) await this.#openHttp(opened);
    const shared = await openShared(this.#settings, this.#deps(), opened);
    this.#shared.resolve(shared);
    const { client, cluster } = shared;
    const ends = (partitions: readonly TopicPartition[]) => endOffsets(client, cluster, partitions);
    opened.add('lag meter', new LagMeter({ endOffsets: ends, events: this.events, clock: this.#clock }));
    opened.add('stall watch', this.#watchStalls());
    if (shared.gatewayProducer !== null) await this.#openGateway(shared.gatewayProducer, opened);
    const groups = this.#settings.groups.map((group) => this.#runGroup(group.name, shared));
    return endOf(await Promise.all([this.#runGateway(client), ...groups]));
  }

  async #openGateway(producer: Producer, opened: Opened): Promise<void> {
    const { gateway: settings } = this.#settings;
    const gateway = await openGateway(settings, producer, this.#deps());
    this.#gateway = opened.add('gateway', gateway);
    this.events.emit('gateway.listening', { url: gateway.url, routes: settings.routes.length });
  }

  /** It ends as groups do: with a drain when the process stops, or where the cluster takes no client like us. */
  async #runGateway(client: KafkaClient): Promise<GroupEnd> {
    if (this.#gateway === null) return { kind: 'stopped', drained: true };
    const { signal } = this.#stopping;
    const error = await ensureGatewayTopics(this.#settings.gateway, client, this.#deps(), signal);
    const refusesUs = error !== null && failureExitCode(error) === 2;
    if (refusesUs) this.#drain();
    if (!signal.aborted) await once(signal, 'abort');
    const drained = await this.#gateway.drain(this.#settings.shutdown.timeoutMs);
    return refusesUs ? { kind: 'failed', error } : { kind: 'stopped', drained };
  }

  async #openHttp(opened: Opened): Promise<void> {
    const reports = {
      ...createReports(this.#status, this.#stats, this.#metrics, this.#liveness),
      ready: () => this.ready(),
    };
    const server = opened.add('HTTP server', await startHttpServer(this.#settings.http, reports, this.#clock));
    this.#httpUrl = server.url;
    this.#logger.info(`health, readiness and metrics are at ${server.url}`);
  }

  async #runGroup(name: string, shared: Shared): Promise<GroupEnd> {
    const settings = this.#settings.groups.find((group) => group.name === name)!;
    const run = (signal: AbortSignal): Promise<boolean> =>
      runGroup(buildGroup(settings, shared, this.#deps()), this.#settings.shutdown.timeoutMs, signal);
    const end = await keepRunning({ group: name, run }, this.#deps(), this.#stopping.signal);
    // A handler that does not load, or a cluster that takes no client like us, is nothing that other groups could
    // make up for; any other failure is this group's own, and the others go on.
    if (end.kind === 'failed' && failureExitCode(end.error) !== 3 && isRuntimeFault(end.error)) this.#drain();
    return end;
  }

  /** What still works drains: the other groups, and what the stalled one has finished. */
  #watchStalls(): StallWatch {
    return new StallWatch({
      liveness: this.#liveness,
      stalledForMs: this.#settings.health.stalledForMs,
      clock: this.#clock,
      emit: this.events.emit,
      over: (error) => {
        if (this.#stopping.signal.aborted) return;
        this.#stalled = { exitCode: 3, error };
        this.#drain();
      },
    });
  }

  #drain(): void {
    this.#stopping.abort();
    const forced = this.#clock.after(this.#settings.shutdown.timeoutMs + graceMs, () => {
      this.#ended.resolve(this.#stalled ?? { exitCode: 4, error: null });
    });
    void this.done.then(() => forced.cancel());
  }

  #deps(): SharedDeps {
    return {
      clock: this.#clock,
      random: this.#random,
      emit: this.events.emit,
      logger: this.#logger,
      logLevel: this.#settings.logs.level,
      drainBudgetMs: this.#settings.shutdown.timeoutMs,
      readUpTo: this.#readUpTo,
    };
  }

  #gatewayListens(): boolean {
    return this.#settings.gateway.routes.length === 0 || this.#gateway !== null;
  }

  #hasStarted(): boolean {
    return this.#status.settled() && this.#gatewayListens();
  }

  #joined(): { readonly promise: Promise<null>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<null>();
    const cancel = this.events.listen((name) => {
      const mayChange = name === 'group.state' || name === 'partition.opened' || name === 'gateway.listening';
      if (mayChange && this.#hasStarted()) resolve(null);
    });
    if (this.#hasStarted()) resolve(null); // before anybody listened
    return { promise, cancel };
  }
}
