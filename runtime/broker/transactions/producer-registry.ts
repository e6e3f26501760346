/**
 * Ids and epochs of producers, and the state of those that write in transactions.
 *
 *               AddPartitionsToTxn, AddOffsetsToTxn            EndTxn, next InitProducerId, timeout
 *   Empty ─────────────────────────────────────────▶ Open ───────────────────────────────────────▶ Empty
 *
 * A transactional id has one current epoch; InitProducerId raises it, and whoever comes with a lower one is fenced.
 * Ending is one step here, as coordinator and partitions are in one process: markers first, then the offsets.
 * After a restart no transaction is open: those found in the logs are aborted (`abortOrphans`).
 */
import type { Clock, Timer } from '../../core/clock.ts';
import type { TopicPartition } from '../../core/record-set.ts';
import { partitionKey } from '../../core/record-set.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { CommittedOffsets } from '../groups/committed-offsets.ts';
import type { BrokerStore } from '../storage/broker-store.ts';
import type { Topics } from '../topics.ts';

/** Kafka's `transaction.max.timeout.ms`. */
const timeoutMsMax = 15 * 60 * 1000;
const epochMax = 32_767;

interface TransactionalProducer {
  producerId: number;
  epoch: number;
  timeoutMs: number;
  readonly partitions: Map<string, TopicPartition>;
  readonly groups: Set<string>;
  timer: Timer | null;
  /** How the last transaction of this epoch ended: a client that lost the answer asks again. */
  ended: 'commit' | 'abort' | null;
}

/** How a producer names itself in every transactional request. */
export interface ProducerClaim {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export type ProducerIdAnswer =
  | { readonly kind: 'given'; readonly producerId: number; readonly epoch: number }
  | { readonly kind: 'refused'; readonly errorCode: number };

export class ProducerRegistry {
  readonly #store: BrokerStore;
  readonly #topics: Topics;
  readonly #offsets: CommittedOffsets;
  readonly #clock: Clock;
  readonly #transactional = new Map<string, TransactionalProducer>();
  #nextId: number;

  constructor(store: BrokerStore, topics: Topics, offsets: CommittedOffsets, clock: Clock) {
    this.#store = store;
    this.#topics = topics;
    this.#offsets = offsets;
    this.#clock = clock;
    this.#nextId = store.saved.nextProducerId;
    for (const { transactionalId, producerId, epoch } of store.saved.transactionalIds) {
      this.#transactional.set(transactionalId, newProducer(producerId, epoch, timeoutMsMax));
    }
    this.#abortOrphans();
  }

  #abortOrphans(): void {
    const epochs = new Map([...this.#transactional.values()].map((p) => [p.producerId, p.epoch]));
    for (const topic of this.#topics.all()) {
      for (const partition of topic.partitions) {
        for (const producerId of partition.transactions.open) {
          partition.mark(producerId, epochs.get(producerId) ?? 0, 'abort');
        }
      }
    }
  }

  #takeId(): number {
    const producerId = this.#nextId;
    this.#nextId = producerId + 1;
    this.#store.record({ kind: 'producerIds', next: this.#nextId });
    return producerId;
  }

  /** An idempotent producer without transactions: a new id each time, unless it only needs a new epoch. */
  initIdempotent(producerId: number, epoch: number): ProducerIdAnswer {
    const ours = producerId >= 0 && producerId < this.#nextId; // an id from elsewhere may not even be a number we can say
    if (ours && epoch >= 0 && epoch < epochMax) return { kind: 'given', producerId, epoch: epoch + 1 };
    return { kind: 'given', producerId: this.#takeId(), epoch: 0 };
  }

  /** @param current what the producer believes to be, −1 and −1 at its start */
  initTransactional(
    transactionalId: string,
    timeoutMs: number,
    current: { readonly producerId: number; readonly epoch: number },
  ): ProducerIdAnswer {
    if (transactionalId === '') return { kind: 'refused', errorCode: kafkaErrors.INVALID_REQUEST };
    if (timeoutMs <= 0 || timeoutMs > timeoutMsMax) {
      return { kind: 'refused', errorCode: kafkaErrors.INVALID_TRANSACTION_TIMEOUT };
    }
    const known = this.#transactional.get(transactionalId);
    const isOld = current.producerId >= 0 && (known?.producerId !== current.producerId || known.epoch > current.epoch);
    if (isOld) return { kind: 'refused', errorCode: kafkaErrors.PRODUCER_FENCED };
    if (known !== undefined) this.#end(known, known.epoch + 1, false); // what the former instance left open
    const exhausted = known === undefined || known.epoch + 1 >= epochMax;
    const producerId = exhausted ? this.#takeId() : known.producerId;
    const epoch = exhausted ? 0 : known.epoch + 1;
    this.#store.record({ kind: 'transactionalId', transactionalId, producerId, epoch });
    this.#transactional.set(transactionalId, newProducer(producerId, epoch, timeoutMs));
    return { kind: 'given', producerId, epoch };
  }

  /** @returns an error code */
  addPartitions(claim: ProducerClaim, partitions: readonly TopicPartition[]): number {
    const found = this.#claimed(claim);
    if (typeof found === 'number') return found;
    for (const partition of partitions) found.partitions.set(partitionKey(partition), partition);
    this.#startTimer(claim.transactionalId, found);
    return kafkaErrors.NONE;
  }

  /** @returns an error code */
  addGroup(claim: ProducerClaim, groupId: string): number {
    const found = this.#claimed(claim);
    if (typeof found === 'number') return found;
    found.groups.add(groupId);
    this.#startTimer(claim.transactionalId, found);
    return kafkaErrors.NONE;
  }

  /** Whether this producer has told that it will write there. @returns an error code */
  mayWrite(claim: ProducerClaim, partition: TopicPartition): number {
    const found = this.#claimed(claim);
    if (typeof found === 'number') return found;
    return found.partitions.has(partitionKey(partition)) ? kafkaErrors.NONE : kafkaErrors.INVALID_TXN_STATE;
  }

  /** Whether offsets of this group may be committed in the transaction. @returns an error code */
  mayCommitOffsets(claim: ProducerClaim, groupId: string): number {
    const found = this.#claimed(claim);
    if (typeof found === 'number') return found;
    return found.groups.has(groupId) ? kafkaErrors.NONE : kafkaErrors.INVALID_TXN_STATE;
  }

  /** @returns an error code */
  end(claim: ProducerClaim, committed: boolean): number {
    const found = this.#claimed(claim);
    if (typeof found === 'number') return found;
    if (found.partitions.size === 0 && found.groups.size === 0) {
      return found.ended === (committed ? 'commit' : 'abort') ? kafkaErrors.NONE : kafkaErrors.INVALID_TXN_STATE;
    }
    this.#end(found, found.epoch, committed);
    return kafkaErrors.NONE;
  }

  #claimed(claim: ProducerClaim): TransactionalProducer | number {
    const known = this.#transactional.get(claim.transactionalId);
    if (known === undefined || known.producerId !== claim.producerId) return kafkaErrors.INVALID_PRODUCER_ID_MAPPING;
    return known.epoch === claim.producerEpoch ? known : kafkaErrors.PRODUCER_FENCED;
  }

  #startTimer(transactionalId: string, producer: TransactionalProducer): void {
    producer.timer ??= this.#clock.after(producer.timeoutMs, () => this.#expire(transactionalId, producer));
  }

  /** A transaction that takes too long is aborted and its producer fenced, so that readers can go on. */
  #expire(transactionalId: string, producer: TransactionalProducer): void {
    producer.epoch = Math.min(producer.epoch + 1, epochMax);
    const { producerId, epoch } = producer;
    this.#store.record({ kind: 'transactionalId', transactionalId, producerId, epoch });
    this.#end(producer, epoch, false);
  }

  #end(producer: TransactionalProducer, epoch: number, committed: boolean): void {
    producer.timer?.cancel();
    producer.timer = null;
    producer.ended = committed ? 'commit' : 'abort';
    for (const { topic, partition } of producer.partitions.values()) {
      // A topic deleted meanwhile needs no marker.
      this.#topics.partition(topic, partition)?.mark(producer.producerId, epoch, committed ? 'commit' : 'abort');
    }
    for (const groupId of producer.groups) this.#offsets.endTransaction(groupId, producer.producerId, committed);
    producer.partitions.clear();
    producer.groups.clear();
  }

  /** Stops the timers of open transactions. */
  close(): void {
    for (const producer of this.#transactional.values()) producer.timer?.cancel();
  }
}

function newProducer(producerId: number, epoch: number, timeoutMs: number): TransactionalProducer {
  return { producerId, epoch, timeoutMs, partitions: new Map(), groups: new Set(), timer: null, ended: null };
}
