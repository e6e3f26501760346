/**
 * A consumer with the smallest stages behind it: every record set is finished as soon as it arrives, and committed when
 * its partition is revoked. Writes down, in order, what the consumer told it.
 */

import { createConsumer } from '../../../../runtime/consumer/consumer.ts';
import { BytesPool } from '../../../../runtime/core/bytes-pool.ts';
import { systemClock } from '../../../../runtime/core/clock.ts';
import type { KafkaError } from '../../../../runtime/core/errors.ts';
import { EventHub } from '../../../../runtime/core/events.ts';
import { ProgressPool } from '../../../../runtime/core/progress.ts';
import { seededRandom, systemRandom } from '../../../../runtime/core/random.ts';
import { partitionKey, type RecordSet } from '../../../../runtime/core/record-set.ts';
import type { BrokerAddress, GroupSettings } from '../../../../runtime/core/settings.ts';
import type { CommitOffset, CommitReply, Consumer } from '../../../../runtime/core/stages.ts';
import type { KafkaClientOptions } from '../../../../runtime/kafka/client-options.ts';
import { Cluster } from '../../../../runtime/kafka/cluster.ts';
import { createKafkajsClient } from '../../../../runtime/kafka/kafkajs/client.ts';
import type { KafkaClient } from '../../../../runtime/kafka/port.ts';

export interface Member extends AsyncDisposable {
  readonly consumer: Consumer;
  /** Next offset to commit of each partition that is owned, by `partitionKey`. */
  readonly owned: ReadonlyMap<string, CommitOffset>;
  readonly sets: readonly RecordSet[];
  /** `opened a/0`, `revoked a/0`, `lost a/0`, `committed a/0@5`, in order. */
  readonly story: readonly string[];
  /** Partitions that get no room. */
  readonly full: Set<string>;
  commitAll(): Promise<CommitReply>;
  /** Settles when the iteration ends. */
  readonly ended: Promise<void>;
  /** Of `ended`, once it has failed. */
  readonly error: () => KafkaError | null;
  /** Ends the iteration and leaves the group. */
  leave(): Promise<boolean>;
}

export function startMember(
  broker: BrokerAddress,
  group: GroupSettings,
  events = new EventHub(),
  createClient: (options: KafkaClientOptions) => KafkaClient = createKafkajsClient,
): Member {
  const client = createClient({
    brokers: [broker],
    clientId: group.name,
    requestTimeoutMs: 10_000,
    maxResponseBytes: 100 * 1024 * 1024,
    clock: systemClock,
    emit: events.emit,
  });
  const cluster = new Cluster({ client, clock: systemClock, random: seededRandom(1) });
  const pool = new ProgressPool();
  const owned = new Map<string, CommitOffset>();
  const sets: RecordSet[] = [];
  const story: string[] = [];
  const full = new Set<string>();
  const stop = new AbortController();
  let error: KafkaError | null = null;

  const commitOf = async (offsets: readonly CommitOffset[]): Promise<CommitReply> => {
    const reply = await consumer.commit(offsets);
    for (const offset of offsets) story.push(`${reply.kind} ${partitionKey(offset)}@${offset.offset}`);
    return reply;
  };
  const consumer = createConsumer({
    group,
    client,
    cluster,
    clock: systemClock,
    random: systemRandom, // member ids come from it
    emit: events.emit,
    pool,
    bytes: new BytesPool(),
    drainBudgetMs: 5000,
    hooks: {
      hasRoom: (partition) => !full.has(partitionKey(partition)),
      opened(partition, epoch, position) {
        story.push(`opened ${partitionKey(partition)}`);
        owned.set(partitionKey(partition), { ...partition, epoch, offset: position });
      },
      async revoked(partitions) {
        for (const partition of partitions) story.push(`revoked ${partitionKey(partition)}`);
        const keys = partitions.map(partitionKey);
        await commitOf(keys.map((key) => owned.get(key)!));
        for (const key of keys) owned.delete(key);
        return true;
      },
      lost(partitions) {
        for (const partition of partitions) {
          story.push(`lost ${partitionKey(partition)}`);
          owned.delete(partitionKey(partition));
        }
      },
    },
  });
  const ended = (async () => {
    for await (const set of consumer.recordSets(stop.signal)) {
      sets.push(set);
      owned.set(partitionKey(set), {
        topic: set.topic,
        partition: set.partition,
        epoch: set.epoch,
        offset: set.lastOffset + 1,
      });
      pool.give(set.progress);
    }
  })();
  ended.catch((thrown: KafkaError) => {
    error = thrown;
  });
  const close = async (): Promise<void> => {
    cluster.close();
    await client.close();
  };
  return {
    consumer,
    owned,
    sets,
    story,
    full,
    ended,
    error: () => error,
    commitAll: () => commitOf([...owned.values()]),
    async leave() {
      stop.abort();
      await ended.catch(() => {}); // read through `error`
      return consumer.leave(5000);
    },
    async [Symbol.asyncDispose]() {
      if (error === null) await this.leave();
      await close();
    },
  };
}
