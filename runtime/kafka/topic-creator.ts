/**
 * Creates the topics that groups read and their dead letter topics, as far as they are missing, before any group
 * starts: what `topics.manage: ensure` says. A topic that exists stays as it is, whatever its partitions or settings.
 *
 *   look ── something is missing ──▶ create ──▶ look … until every topic has a leader for each of its partitions
 *     └──── nothing is missing ────────────────────────▶ done
 */
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { isRuntimeFault, KafkaError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { ResponseOf } from '../protocol/api.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { createTopics } from '../protocol/create-topics.ts';
import { isRetryableKafkaError, kafkaErrorName, kafkaErrors } from '../protocol/error-codes.ts';
import { metadata } from '../protocol/metadata.ts';
import type { Destination, KafkaClient } from './port.ts';

export interface TopicCreatorOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly groups: readonly Pick<GroupSettings, 'topics'>[];
  /** How long to try while the cluster is not ready. Default 60 s. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 60_000;
const createTimeoutMs = 30_000; // how long the controller may take, Kafka's default of its admin client
const backoff: Backoff = { baseDelayMs: 20, maxDelayMs: 1_000, jitter: 0.2 };

/** What a topic is created with; `topics.*` of the manifest will say so later. */
const partitionsDefault = 3;
const replicationMax = 3;
const retentionMs = 604_800_000; // seven days, Kafka's default, written down so that it is visible

type Metadata = ResponseOf<typeof metadata>;

/**
 * @returns the names of the topics that this call created
 * @throws KafkaError when a topic is missing and may not or cannot be created, or the cluster is not ready in time
 */
export async function ensureTopics(options: TopicCreatorOptions): Promise<readonly string[]> {
  const { clock, random, timeoutMs = defaultTimeoutMs } = options;
  const deadline = clock.now() + timeoutMs;
  const created = new Set<string>();
  for (let failures = 0; ; failures++) {
    let trouble: unknown;
    try {
      const known = await look(options);
      const missing = missingTopics(options.groups, known);
      for (const name of await create(options, known, missing)) created.add(name);
      if (missing.length === 0 && hasLeaders(known)) return [...created];
    } catch (error) {
      if (!isRuntimeFault(error) || !error.retryable) throw error;
      trouble = error;
    }
    const delayMs = backoffMs(backoff, failures, random);
    if (clock.now() + delayMs >= deadline) throw notReady(options.groups, timeoutMs, trouble);
    await sleep(clock, delayMs);
  }
}

async function look({ client, groups }: TopicCreatorOptions): Promise<Metadata> {
  const known = await client.send('any', 'metadata', metadata, {
    topics: topicNames(groups).map((name) => ({ topicId: zeroUuid, name })),
    autoCreateTopics: false,
    includeClusterOperations: false,
    includeTopicOperations: false,
  });
  for (const { name, errorCode } of known.topics) {
    if (errorCode === 0 || isRetryableKafkaError(errorCode)) continue;
    throw refused(`Kafka does not show topic ${name}`, errorCode, 'allow DESCRIBE on it, or correct its name');
  }
  return known;
}

interface MissingTopic {
  readonly name: string;
  readonly partitionCount: number;
}

/** A dead letter topic gets as many partitions as its source has, the most where several sources share it. */
function missingTopics(groups: TopicCreatorOptions['groups'], known: Metadata): readonly MissingTopic[] {
  const existing = new Map(
    known.topics
      .filter((topic) => topic.errorCode !== kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION)
      .map((topic) => [topic.name, topic.partitions.length]),
  );
  const wanted = new Map<string, number>();
  for (const { topics } of groups) {
    for (const { name, dlqTopic } of topics) {
      const partitions = existing.get(name) ?? partitionsDefault;
      if (!existing.has(name)) wanted.set(name, partitions);
      if (dlqTopic === null || existing.has(dlqTopic)) continue;
      wanted.set(dlqTopic, Math.max(wanted.get(dlqTopic) ?? 1, partitions));
    }
  }
  return [...wanted].map(([name, partitionCount]) => ({ name, partitionCount }));
}

/** @returns the names of those that did not exist */
async function create(
  { client }: TopicCreatorOptions,
  known: Metadata,
  missing: readonly MissingTopic[],
): Promise<readonly string[]> {
  if (missing.length === 0) return [];
  const response = await client.send(controllerOf(known), 'metadata', createTopics, {
    topics: missing.map(({ name, partitionCount }) => ({
      name,
      partitionCount,
      replicationFactor: Math.min(replicationMax, Math.max(1, known.brokers.length)),
      assignments: [],
      configs: [{ name: 'retention.ms', value: String(retentionMs) }],
    })),
    timeoutMs: createTimeoutMs,
    validateOnly: false,
  });
  for (const { name, errorCode, errorMessage } of response.topics) {
    if (isFine(errorCode) || isRetryableKafkaError(errorCode)) continue;
    const said = errorMessage === null ? '' : ` (${errorMessage})`;
    const what = `topic ${name} does not exist and cannot be created${said}`;
    throw refused(what, errorCode, 'create it yourself, or allow CREATE on it for this client');
  }
  return response.topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name);
}

/** Somebody else may create the same topics at the same time. */
function isFine(errorCode: number): boolean {
  return errorCode === 0 || errorCode === kafkaErrors.TOPIC_ALREADY_EXISTS;
}

/** Any broker passes the request on since Kafka 2.8 (KRaft); older ones want the controller itself. */
function controllerOf(known: Metadata): Destination {
  const controller = known.brokers.find(({ nodeId }) => nodeId === known.controllerId);
  return controller === undefined ? 'any' : { host: controller.host, port: controller.port };
}

function hasLeaders(known: Metadata): boolean {
  return known.topics.every(
    ({ errorCode, partitions }) => errorCode === 0 && partitions.every(({ leader }) => leader >= 0),
  );
}

function topicNames(groups: TopicCreatorOptions['groups']): readonly string[] {
  const names = groups.flatMap(({ topics }) =>
    topics.flatMap(({ name, dlqTopic }) => (dlqTopic === null ? [name] : [name, dlqTopic])),
  );
  return [...new Set(names)];
}

function refused(what: string, errorCode: number, advice: string): KafkaError {
  const name = kafkaErrorName(errorCode);
  return new KafkaError('RT_KAFKA_REFUSED', `${what}: ${name}; ${advice}`, {
    retryable: false,
    kafkaError: { code: errorCode, name },
  });
}

function notReady(groups: TopicCreatorOptions['groups'], timeoutMs: number, cause: unknown): KafkaError {
  const seconds = Math.round(timeoutMs / 1000);
  const why = isRuntimeFault(cause) ? `: ${cause.message}` : '';
  const message = `the topics ${topicNames(groups).join(', ')} have no leader after ${seconds} s${why}`;
  return new KafkaError('RT_KAFKA_TIMEOUT', message, { retryable: true, ...(cause !== undefined && { cause }) });
}
