/**
 * One run of a seed: a simulated Kafka, the members of a group, and what the plan does to them.
 *
 *   trouble (records come, members come and go, requests fail) ── 25 s, or nothing is left that could go wrong ──▶
 *   calm ──▶ everything finished and committed ──▶ members stop ──▶ nothing left running
 */
import type { BrokerState } from '../../../runtime/broker/broker-state.ts';
import { type Random, seededRandom } from '../../../runtime/core/random.ts';
import type { TopicPartition } from '../../../runtime/core/record-set.ts';
import { Cluster } from '../../../runtime/kafka/cluster.ts';
import { readBatchHeader } from '../../../runtime/protocol/records/batch-header.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { decodeBatch } from '../../../runtime/protocol/records/record-batch.ts';
import { createProducer } from '../../../runtime/publisher/producer.ts';
import { producerSettings } from '../../../runtime/testing/producer-settings.ts';
import { Faults } from './faults.ts';
import { SimulatedThread } from './handler-thread.ts';
import { scriptedHandlers } from './handlers.ts';
import { withHooks } from './hooks.ts';
import { createBrokerState, SimulatedClient } from './kafka.ts';
import { bodyOf, Ledger } from './ledger.ts';
import { runMember } from './member.ts';
import { deadLetterTopic, type MemberAction, type Plan, topic, troubleMs } from './plan.ts';
import { drawScript } from './script.ts';
import { Place, Timeline } from './timeline.ts';

const stepsMax = 1_000_000;

interface Running {
  readonly main: Place;
  readonly stopping: AbortController;
  readonly client: SimulatedClient;
  readonly threads: Set<SimulatedThread>;
  ended: boolean;
}

export class World {
  readonly ledger: Ledger;
  readonly #plan: Plan;
  readonly #timeline: Timeline;
  readonly #state: BrokerState;
  readonly #random: Random;
  readonly #hookRandom: Random;
  readonly #faults: Faults;
  readonly #members = new Map<number, Running>();
  #lettersRead = 0;
  #calm = false;
  /** When the last record comes, or the last thing happens to a member. */
  #lastPlannedMs = 0;

  constructor(plan: Plan, traced: boolean) {
    this.#plan = plan;
    this.#timeline = new Timeline(seededRandom(plan.seed ^ 0x5eed));
    this.#random = seededRandom(plan.seed + 0x1000000);
    this.#hookRandom = seededRandom(plan.seed + 0x7000000);
    this.#faults = new Faults(seededRandom(plan.seed + 0x2000000), plan.faultShare);
    this.#state = createBrokerState(new Place(this.#timeline), seededRandom(plan.seed + 0x3000000));
    for (const [name, partitionCount] of [
      [topic, plan.partitions],
      [deadLetterTopic, 1],
    ] as const) {
      this.#state.topics.create({ name, partitionCount, replicationFactor: 1, settings: {} });
    }
    const { from, retry, buffer, concurrency } = plan.group;
    const { shares } = concurrency;
    // Nothing that takes a membership away or cuts a drain's commit short. Where a partition is shared, a thread that
    // dies or hangs says no more which records are not its own.
    const threadsLive = plan.mix.deadly === 0 && plan.actions.every(({ kind }) => kind !== 'threadDies');
    const told = shares === 1 || threadsLive;
    const graceful = told && plan.faultShare === 0 && plan.actions.every(({ kind }) => kind !== 'freeze');
    const limits = { ...buffer, topic, from, maxRetries: retry.maxRetries, shares, graceful };
    this.ledger = new Ledger(plan.partitions, { ...limits, hooks: plan.hooks }, () => this.#timeline.now, traced);
  }

  async run(): Promise<void> {
    const { ledger } = this;
    this.#produceAll();
    this.#growLater();
    for (const action of this.#plan.actions) {
      this.#plannedAt(action.atMs + (action.kind === 'freeze' ? action.forMs : 0));
      this.#timeline.after(action.atMs, () => this.#act(action));
    }
    const broken = (): boolean => ledger.violations.length > 0;
    // Idle members teach nothing: most runs are through with everything long before the end.
    const over = (): boolean => broken() || (this.#timeline.now > this.#lastPlannedMs && ledger.complete);
    await this.#timeline.runUntil(over, troubleMs, stepsMax);
    if (broken()) return;
    this.#calm = true;
    const leaves = ({ ended, stopping }: Running): boolean => ended || stopping.signal.aborted;
    if ([...this.#members.values()].every(leaves)) this.#start(99);
    const complete = await this.#until(() => broken() || ledger.complete);
    if (broken()) return;
    if (!complete) return ledger.broken('everything_is_finished', this.#leftOver());
    for (const { stopping, ended } of this.#members.values()) if (!ended) stopping.abort();
    const stopped = await this.#until(() => broken() || [...this.#members.values()].every(({ ended }) => ended));
    if (!stopped) ledger.broken('a_stop_ends', 'a member did not stop');
    if (!ledger.complete) ledger.broken('commit_never_regresses', 'after the stop');
  }

  get steps(): number {
    return this.#timeline.steps;
  }

  #until(over: () => boolean): Promise<boolean> {
    return this.#timeline.runUntil(over, this.#timeline.now + this.#plan.patienceMs, stepsMax);
  }

  #produceAll(): void {
    const random = seededRandom(this.#plan.seed + 0x4000000);
    for (let left = this.#plan.records; left > 0; ) {
      const count = Math.min(left, 1 + Math.floor(random() * 4));
      const partition = Math.floor(random() * this.#plan.partitions);
      const drawn = Array.from({ length: count }, () => ({
        key: `k${Math.floor(random() * this.#plan.keys)}`,
        script: drawScript(random, this.#plan.mix, this.#plan.group.timeouts.handlerMs),
      }));
      const atMs = random() ** 2 * this.#plan.producedForMs;
      this.#plannedAt(atMs);
      this.#timeline.after(atMs, () => this.#append(partition, drawn));
      left -= count;
    }
  }

  /** With records that come before anybody knows of the new partition, and afterwards. */
  #growLater(): void {
    const { growsAtMs, seed, partitions, mix, group } = this.#plan;
    if (growsAtMs === null) return;
    const random = seededRandom(seed + 0xa000000);
    this.#plannedAt(growsAtMs);
    this.#timeline.after(growsAtMs, () => {
      this.#state.topics.addPartitions(this.#state.topics.get(topic)!, partitions + 1, false);
      this.ledger.grow();
    });
    for (let left = 6; left > 0; left--) {
      const drawn = { key: 'new', script: drawScript(random, mix, group.timeouts.handlerMs) };
      const atMs = growsAtMs + random() ** 2 * 9_000;
      this.#plannedAt(atMs);
      this.#timeline.after(atMs, () => this.#append(partitions, [drawn]));
    }
  }

  #plannedAt(atMs: number): void {
    this.#lastPlannedMs = Math.max(this.#lastPlannedMs, atMs);
  }

  #append(partition: number, drawn: readonly { readonly key: string; readonly script: Script }[]): void {
    const stored = this.#state.topics.get(topic)!;
    const timestamp = this.#state.clock.wallTime();
    const headers = [['event_type', Buffer.from('OrderPlaced')]] as const;
    const of = this.ledger.entries[partition]!;
    const records = drawn.map(({ key }, index) => {
      const value = Buffer.from(JSON.stringify(bodyOf(partition, of.length + index)));
      return { key: Buffer.from(key), value, headers, timestamp };
    });
    stored.partitions[partition]!.produce(writeBatch({ records }), stored.appendRules);
    for (const { key, script } of drawn) {
      of.push({ partition, offset: of.length, key, script, calls: 0, finished: false });
    }
    this.ledger.note('produced', () => `p${partition} up to ${of.length}`);
  }

  #act({ member, ...action }: MemberAction & { readonly member: number }): void {
    const running = this.#members.get(member);
    if (action.kind === 'start') {
      if (running === undefined || running.ended) this.#start(member);
      return;
    }
    if (running === undefined || running.ended) return;
    this.ledger.note(action.kind, () => `m${member}`);
    if (action.kind === 'stop') running.stopping.abort();
    else if (action.kind === 'kill') this.#kill(member, running);
    else if (action.kind === 'freeze') running.main.freeze(action.forMs);
    else if (action.kind === 'threadDies') [...running.threads].find(({ index }) => index === action.thread)?.die();
    else action.kind satisfies never;
  }

  #kill(member: number, running: Running): void {
    running.main.stop();
    running.client.cut();
    running.ended = true;
    this.ledger.memberGone(member);
  }

  #start(member: number): void {
    const { ledger } = this;
    if (this.#plan.staticMembers) ledger.note('static member', () => `m${member}`);
    if (this.#plan.group.concurrency.shares > 1) ledger.note('split', () => `m${member}`);
    const main = new Place(this.#timeline);
    const random = this.#random;
    const client = new SimulatedClient({
      state: this.#state,
      clock: main,
      random,
      faults: () => (this.#calm ? null : this.#faults),
      sent: (api, request) => {
        if (api === 'OffsetCommit') ledger.commitSent(member, committedIn(request));
      },
      settled: (api) => {
        if (api === 'OffsetCommit') ledger.commitSettled(member);
      },
      served: (api, what) => {
        if (what !== 'none') ledger.fault(member, api, what);
        if (api === 'Produce') this.#readLetters();
        if (api === 'OffsetCommit') this.#readCommitted();
      },
    });
    const emit = <K extends Parameters<typeof ledger.event>[1]>(
      kind: K,
      event: Parameters<typeof ledger.event<K>>[2],
    ): void => {
      if (!main.stopped) ledger.event(member, kind, event);
    };
    const cluster = new Cluster({ client, clock: main, random });
    const settings = producerSettings({ compression: 'none' });
    const common = { clock: main, random, emit, client, cluster };
    const producer = createProducer({ ...common, settings, requestTimeoutMs: 10_000 });
    const running: Running = { main, stopping: new AbortController(), client, threads: new Set(), ended: false };
    this.#members.set(member, running);
    ledger.note('start', () => `m${member}`);
    const makeThread = (index: number, hooks: ConstructorParameters<typeof SimulatedThread>[2]): SimulatedThread => {
      const first = ![...running.threads].some((thread) => thread.index === index);
      for (const thread of running.threads) if (thread.index === index) running.threads.delete(thread);
      const thread = new SimulatedThread(
        {
          ...{ group: this.#plan.group, timeline: this.#timeline, main, random },
          handlersFor: (thread) =>
            this.#plan.hooks
              ? withHooks(scriptedHandlers(ledger, member, thread), ledger, member, thread, this.#hookRandom)
              : scriptedHandlers(ledger, member, thread),
          startFails: () => !first && !this.#calm && random() < 0.1,
          gone: (thread) => ledger.threadGone(thread),
          handedOver: (task) => ledger.handedOver(member, task),
          answered: (task) => ledger.answered(member, task),
        },
        index,
        hooks,
      );
      running.threads.add(thread);
      return thread;
    };
    const { group, staticMembers } = this.#plan;
    const options = {
      ...common,
      group: { ...group, instanceId: staticMembers ? `pod-${member}` : null },
      producer,
      makeThread,
      drainBudgetMs: this.#plan.drainBudgetMs,
    };
    void runMember(options, running.stopping.signal).then((end) => {
      producer.close();
      cluster.close();
      client.cut();
      running.ended = true;
      ledger.note('ended', () => `m${member} ${JSON.stringify(end)}`);
      if (end.kind === 'failed') ledger.broken('a_group_goes_on', `m${member}: ${String(end.error)}`);
      if (ledger.runs(member)) ledger.broken('nothing_runs_after_a_stop', `m${member}`);
    });
  }

  #readCommitted(): void {
    for (const { topic: name, partition, offset } of this.#state.groups.offsets.all(this.#plan.group.name)) {
      if (name === topic) this.ledger.stored(partition, offset);
    }
  }

  #readLetters(): void {
    const { log, highWatermark } = this.#state.topics.partition(deadLetterTopic, 0)!;
    const bytes = log.read(this.#lettersRead, highWatermark, 1 << 20, true);
    for (let at = 0; at < bytes.length; ) {
      const header = readBatchHeader(bytes, at);
      if (header === null) break;
      const batch = decodeBatch(bytes, at, header, 1 << 20);
      for (let index = 0; index < batch.count; index++) {
        const headers = new Map(batch.headersAt(index).map(([name, value]) => [name, String(value)]));
        const offset = Number(headers.get('dlq_original_offset'));
        this.ledger.letter(Number(headers.get('dlq_original_partition')), offset);
      }
      at += header.length;
    }
    this.#lettersRead = highWatermark;
  }

  #leftOver(): string {
    const open = this.ledger.entries.flat().filter((entry) => !entry.finished);
    const positions = this.ledger.committed.map((offset, p) => `p${p} ${offset}/${this.ledger.entries[p]!.length}`);
    return `${open.length} records are not; committed ${positions.join(', ')}`;
  }
}

type Script = ReturnType<typeof drawScript>;

function committedIn(request: unknown): readonly TopicPartition[] {
  const { topics } = request as {
    readonly topics: readonly {
      readonly name: string;
      readonly partitions: readonly { readonly partition: number }[];
    }[];
  };
  return topics.flatMap(({ name, partitions }) => partitions.map(({ partition }) => ({ topic: name, partition })));
}
