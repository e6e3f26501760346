/**
 * Runs the handlers of a group over old records under another group's name, until what was there at the start is done
 * (row S-50). The group itself is not touched: neither its offsets nor its members.
 *
 *   begins and ends per partition ──▶ begins committed for the new name ──▶ ordinary run, which reads up to the ends
 *                                            ▲                                    │ committed offsets, looked at
 *                                            └──── killed: `resume` goes on ◀─────┤
 *                                                                      all at their ends ──▶ drained, summary
 *
 * What is done is what Kafka has as committed, so a replay that was killed goes on where it stopped.
 */
import type { Logger } from 'pino';
import { type Clock, sleep } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import { EventHub } from '../core/events.ts';
import type { OffsetPoint } from '../core/offset-point.ts';
import type { Random } from '../core/random.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { GroupSettings, RuntimeSettings } from '../core/settings.ts';
import { Cluster } from '../kafka/cluster.ts';
import { loadClient } from '../kafka/load-client.ts';
import { PartitionReader } from '../kafka/partition-reader.ts';
import type { RuntimeEnd } from '../supervisor/run-end.ts';
import { createRuntime } from '../supervisor/supervisor.ts';
import { extentsOf, resolvePoint } from './extents.ts';
import { GroupOffsets } from './group-offsets.ts';
import { type ReplayCounts, ReplayTally } from './replay-tally.ts';

export interface ReplayOptions {
  /** Whose handlers run. */
  readonly group: string;
  /** The name they run under. */
  readonly as: string;
  readonly from: OffsetPoint;
  /** Up to, not including. */
  readonly to: OffsetPoint;
  /** Goes on from what `as` has committed; otherwise it must not have committed anything. */
  readonly resume: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger | null;
  /** Ends it early: what is in flight is finished and committed. */
  readonly signal: AbortSignal;
  /** Called from time to time, and at the end. */
  readonly progress?: (progress: ReplayProgress) => void;
}

/** Offsets, so gaps count too. */
export interface ReplayProgress {
  readonly done: number;
  readonly total: number;
}

export interface ReplayedPartition extends TopicPartition {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly committed: number;
}

export interface ReplaySummary extends ReplayCounts {
  readonly group: string;
  readonly as: string;
  /** Everything up to the ends is finished and committed. */
  readonly complete: boolean;
  readonly partitions: readonly ReplayedPartition[];
  readonly durationMs: number;
  /** How the run ended. */
  readonly end: RuntimeEnd;
}

interface Span extends TopicPartition {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

const lookMs = 250;

/** @throws UsageError for names, points and groups that do not fit; KafkaError when Kafka refuses */
export async function replayGroup(settings: RuntimeSettings, options: ReplayOptions): Promise<ReplaySummary> {
  const { clock, random } = options;
  const group = groupOf(settings, options);
  const { brokers } = settings.kafka;
  if (brokers === 'embedded') {
    throw usage(
      'no Kafka is named, and an embedded broker has no records to replay: set kafka.brokers or KAFKA_BROKERS',
    );
  }
  const timing = { clock, random, emit: () => {} };
  const client = (await loadClient(settings.kafka.client))({ ...settings.kafka, brokers, ...timing });
  const cluster = new Cluster({ client, ...timing });
  try {
    const offsets = new GroupOffsets(client, cluster, options.as);
    const { requestTimeoutMs } = settings.kafka;
    const reader = new PartitionReader({ client, cluster, clock, random, purpose: 'metadata', requestTimeoutMs });
    const spans = await spansOf(group, cluster, reader, options);
    const begun = await begin(spans, offsets, options);
    return await run(settings, group, begun, offsets, options);
  } finally {
    cluster.close();
    await client.close();
  }
}

function groupOf({ groups }: RuntimeSettings, { group: wanted, as }: ReplayOptions): GroupSettings {
  const names = groups.map(({ name }) => name);
  const group = groups.find(({ name }) => name === wanted);
  if (group === undefined) throw usage(`no group ${wanted} in the manifests, which have: ${names.join(', ')}`);
  if (names.includes(as)) {
    throw usage(`--as ${as} is a group of the manifests, whose offsets would be moved; want a name of its own`);
  }
  return group;
}

async function spansOf(
  { topics }: GroupSettings,
  cluster: Cluster,
  reader: PartitionReader,
  { from, to }: ReplayOptions,
): Promise<readonly Span[]> {
  const views = await cluster.partitionsOf(topics.map(({ name }) => name));
  const missing = views.find(({ partitionCount }) => partitionCount === 0);
  if (missing !== undefined) throw usage(`topic ${missing.name} does not exist, so there is nothing to replay`);
  const partitions = views.flatMap(({ name: topic, partitionCount }) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
  );
  const extents = await extentsOf(reader, partitions);
  const [begins, ends] = [
    await resolvePoint(reader, partitions, extents, from),
    await resolvePoint(reader, partitions, extents, to),
  ];
  const spans = partitions.map((partition) => {
    const key = partitionKey(partition);
    return { ...partition, key, from: begins.get(key)!, to: ends.get(key)! };
  });
  const holdsRecords = [...extents.values()].some(({ begin, end }) => begin < end);
  if (holdsRecords && spans.every((span) => span.from >= span.to)) {
    const held = spans.map(({ key }) => `${key} from ${extents.get(key)!.begin} to ${extents.get(key)!.end}`);
    throw usage(`no record lies between --from and --to; the topics hold: ${held.slice(0, 10).join(', ')}`);
  }
  return spans;
}

/** Commits where to begin, so that a replay that is killed is known to have begun. @returns what is left to do */
async function begin(
  spans: readonly Span[],
  offsets: GroupOffsets,
  { as, resume }: ReplayOptions,
): Promise<readonly Span[]> {
  const before = await offsets.committed(spans);
  if (!resume) {
    const place = [...before][0];
    const goOn = 'choose a name that nobody uses, or go on with what was begun: --resume';
    if (place !== undefined) throw usage(`group ${as} has committed offsets (${place[0]} at ${place[1]}); ${goOn}`);
    if (await offsets.hasMembers()) throw usage(`group ${as} has members; ${goOn}`);
  }
  const fresh = spans.filter(({ key }) => !before.has(key));
  if (fresh.length > 0) await offsets.commit(fresh.map(({ from, ...span }) => ({ ...span, offset: from })));
  return spans.map((span) => ({ ...span, from: before.get(span.key) ?? span.from }));
}

async function run(
  settings: RuntimeSettings,
  group: GroupSettings,
  spans: readonly Span[],
  offsets: GroupOffsets,
  options: ReplayOptions,
): Promise<ReplaySummary> {
  const { as, clock, random, logger, signal, progress } = options;
  const startedAt = clock.now();
  const ends = new Map(spans.map(({ key, to }) => [key, to]));
  const events = new EventHub();
  const tally = new ReplayTally();
  events.listen(tally.listener);
  // Its positions are its own, whatever a module knows of the live group's; and what comes in by HTTP is no old record.
  const renamed = { ...group, name: as, instanceId: null, offsets: null, replay: true };
  const runtime = createRuntime(
    { ...settings, groups: [renamed], gateway: { ...settings.gateway, routes: [] } },
    { logger, clock, random, events, http: false, readUpTo: ends },
  );
  let committed = new Map(spans.map(({ key, from }) => [key, from]));
  const isDone = (): boolean => spans.every(({ key, to }) => committed.get(key)! >= to);
  const look = async (): Promise<void> => {
    const now = await offsets.committed(spans);
    committed = new Map(spans.map(({ key, from }) => [key, Math.max(now.get(key) ?? from, from)]));
    progress?.(progressOf(spans, committed));
  };
  let end: RuntimeEnd = { exitCode: 0, error: null };
  if (!isDone()) {
    const ended = new AbortController();
    const over = runtime.done.finally(() => ended.abort());
    const waits = AbortSignal.any([signal, ended.signal, tally.stuck]);
    runtime.start().catch(() => {}); // `done` tells
    while (!waits.aborted && !isDone()) {
      await sleep(clock, lookMs, waits);
      await look().catch(() => {}); // a broker that is away for a moment; the run itself tells when it cannot go on
    }
    void runtime.stop();
    end = await over;
    await look();
  }
  if (tally.problem !== null && end.exitCode === 0) end = { exitCode: 3, error: tally.problem };
  return {
    group: group.name,
    as,
    complete: isDone(),
    ...tally.counts,
    partitions: spans.map(({ key, topic, partition, from, to }) => {
      return { topic, partition, from, to, committed: committed.get(key)! };
    }),
    durationMs: Math.round(clock.now() - startedAt),
    end,
  };
}

function progressOf(spans: readonly Span[], committed: ReadonlyMap<string, number>): ReplayProgress {
  let done = 0;
  let total = 0;
  for (const { key, from, to } of spans) {
    total += Math.max(0, to - from);
    done += Math.max(0, Math.min(committed.get(key)!, to) - from);
  }
  return { done, total };
}

function usage(message: string): UsageError {
  return new UsageError('RT_USAGE', message, { retryable: false });
}
