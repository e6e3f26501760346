/**
 * The topics of the broker: made, changed and deleted here, found by name or by id. Refusals carry Kafka's error codes.
 * A topic deleted and made again has a new id, which is how clients tell the two apart.
 */
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { kafkaErrors } from '../protocol/error-codes.ts';
import type { AppendRules } from './log/batch-check.ts';
import { Partition } from './log/partition.ts';
import type { BrokerStore, SavedTopic } from './storage/broker-store.ts';
import { appendRules, configFault, type TopicSettings } from './topic-configs.ts';
import { newUuidHex } from './uuid.ts';

export interface Topic {
  readonly name: string;
  /** 32 hex digits. */
  readonly id: string;
  readonly partitions: readonly Partition[];
  readonly settings: TopicSettings;
  readonly appendRules: AppendRules;
}

export interface NewTopic {
  readonly name: string;
  /** −1: the broker's default. */
  readonly partitionCount: number;
  /** −1 or 1: there is one node. */
  readonly replicationFactor: number;
  readonly settings: Readonly<Record<string, string | null>>;
}

export interface Refusal {
  readonly errorCode: number;
  readonly message: string;
}

/** Far above what development needs; a request for millions would take the memory of the machine. */
const partitionsMax = 10_000;

export class Topics {
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #store: BrokerStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly defaultPartitions: number;

  constructor(store: BrokerStore, clock: Clock, random: Random, defaultPartitions: number) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.defaultPartitions = defaultPartitions;
    for (const saved of store.saved.topics) this.#restore(saved);
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  partition(name: string, partition: number): Partition | undefined {
    return this.#byName.get(name)?.partitions[partition];
  }

  /** The topic that a request means, by whichever of the two its version carries; else the error code for it. */
  find({ name, topicId }: { readonly name: string | null; readonly topicId: string }): Topic | number {
    if (topicId === zeroUuid) return this.#byName.get(name ?? '') ?? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION;
    return this.#byId.get(topicId) ?? kafkaErrors.UNKNOWN_TOPIC_ID;
  }

  /** By name. */
  all(): readonly Topic[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @returns what speaks against making this topic, or null */
  fault(topic: NewTopic): Refusal | null {
    const named = nameFault(topic.name);
    if (named !== null) return { errorCode: kafkaErrors.INVALID_TOPIC_EXCEPTION, message: named };
    if (this.#byName.has(topic.name)) {
      return { errorCode: kafkaErrors.TOPIC_ALREADY_EXISTS, message: `Topic '${topic.name}' already exists.` };
    }
    const count = topic.partitionCount;
    if (count !== -1 && (count < 1 || count > partitionsMax)) {
      const message = `expected 1 to ${partitionsMax} partitions, or -1 for the default, found ${count}`;
      return { errorCode: kafkaErrors.INVALID_PARTITIONS, message };
    }
    if (topic.replicationFactor !== -1 && topic.replicationFactor !== 1) {
      const message = `expected a replication factor of 1 (or -1): the embedded broker is one node, found ${topic.replicationFactor}`;
      return { errorCode: kafkaErrors.INVALID_REPLICATION_FACTOR, message };
    }
    return this.#settingsFault(topic.settings);
  }

  #settingsFault(settings: Readonly<Record<string, string | null>>): Refusal | null {
    for (const [name, value] of Object.entries(settings)) {
      const message = configFault(name, value);
      if (message !== null) return { errorCode: kafkaErrors.INVALID_CONFIG, message };
    }
    return null;
  }

  /** The caller has asked `fault` first. */
  create(topic: NewTopic): Topic {
    const partitions = topic.partitionCount === -1 ? this.defaultPartitions : topic.partitionCount;
    const settings = topic.settings as TopicSettings;
    const saved: SavedTopic = { name: topic.name, id: newUuidHex(this.#random), partitions, settings };
    this.#store.record({ kind: 'topic', ...saved });
    return this.#add(saved, []);
  }

  #restore(saved: SavedTopic): void {
    const topic = this.#add(saved, []);
    topic.partitions.forEach((partition, index) => {
      this.#store.restoreLog(saved.id, index, partition);
    });
  }

  /** @param kept the partitions that are there already */
  #add(saved: SavedTopic, kept: readonly Partition[]): Topic {
    const partitions = [...kept];
    for (let index = kept.length; index < saved.partitions; index++) {
      partitions.push(new Partition(this.#clock, this.#store.openLog(saved.id, index)));
    }
    const { name, id, settings } = saved;
    const topic: Topic = { name, id, settings, partitions, appendRules: appendRules(settings) };
    this.#byName.set(name, topic);
    this.#byId.set(id, topic);
    return topic;
  }

  /** @returns the refusal, or null once the topic has that many partitions */
  addPartitions(topic: Topic, count: number, validateOnly: boolean): Refusal | null {
    if (count <= topic.partitions.length || count > partitionsMax) {
      const message = `expected more than the ${topic.partitions.length} partitions there are, up to ${partitionsMax}, found ${count}`;
      return { errorCode: kafkaErrors.INVALID_PARTITIONS, message };
    }
    if (validateOnly) return null;
    const saved: SavedTopic = { name: topic.name, id: topic.id, settings: topic.settings, partitions: count };
    this.#store.record({ kind: 'topic', ...saved });
    this.#add(saved, topic.partitions);
    return null;
  }

  /** Replaces all settings that were set. @returns the refusal, or null */
  configure(topic: Topic, settings: Readonly<Record<string, string | null>>, validateOnly: boolean): Refusal | null {
    const fault = this.#settingsFault(settings);
    if (fault !== null || validateOnly) return fault;
    const saved: SavedTopic = {
      name: topic.name,
      id: topic.id,
      settings: settings as TopicSettings,
      partitions: topic.partitions.length,
    };
    this.#store.record({ kind: 'topic', ...saved });
    this.#add(saved, topic.partitions);
    return null;
  }

  delete(topic: Topic): void {
    this.#store.record({ kind: 'topicDeleted', name: topic.name });
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#store.dropTopic(topic.id);
    for (const partition of topic.partitions) partition.close();
  }

  deleteRecordsBefore(topic: Topic, index: number, offset: number): number | null {
    const logStart = topic.partitions[index]!.deleteBefore(offset);
    if (logStart !== null)
      this.#store.record({ kind: 'logStart', topicId: topic.id, partition: index, offset: logStart });
    return logStart;
  }
}

/** Kafka's rule for names. @returns what is wrong, or null */
export function nameFault(name: string): string | null {
  if (name === '') return 'the topic name is empty';
  if (name === '.' || name === '..') return `the topic name cannot be "${name}"`;
  if (name.length > 249) return `the topic name has ${name.length} characters, at most 249 are allowed`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `topic name "${name}": only ASCII letters and digits, '.', '_' and '-' are allowed`;
  }
  return null;
}
