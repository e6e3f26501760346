/**
 * What idempotent producers wrote to one partition: refuses gaps, finds repeats.
 *
 *   producer 7, epoch 0    … [30–39 at 900] [40–49 at 910]    next sequence 50
 *
 * A repeat of one of the last five batches is answered with its first offset again: five is the number of requests a
 * producer may have in flight (`max.in.flight.requests.per.connection`). Sequences wrap at 2^31 − 1 to 0.
 */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { BatchHeader } from '../../protocol/records/batch-header.ts';

const remembered = 5;
const sequenceCount = 2 ** 31;

interface WrittenBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

interface ProducerEntry {
  readonly epoch: number;
  readonly batches: readonly WrittenBatch[];
}

export type SequenceCheck =
  | { readonly kind: 'next' }
  | { readonly kind: 'repeat'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string };

export class ProducerSequences {
  readonly #producers = new Map<number, ProducerEntry>();

  check(header: BatchHeader): SequenceCheck {
    const known = this.#producers.get(header.producerId);
    if (header.producerId < 0 || known === undefined) return { kind: 'next' };
    if (header.producerEpoch < known.epoch) {
      const message = `epoch ${header.producerEpoch} of producer ${header.producerId} is over, ${known.epoch} is current`;
      return { kind: 'refused', errorCode: kafkaErrors.INVALID_PRODUCER_EPOCH, message };
    }
    const repeat = header.producerEpoch === known.epoch ? known.batches.find((b) => isSame(b, header)) : undefined;
    if (repeat) return { kind: 'repeat', baseOffset: repeat.baseOffset };

    const expected = header.producerEpoch > known.epoch ? 0 : nextSequence(known);
    if (expected === null || header.baseSequence === expected) return { kind: 'next' };
    const message = `expected sequence ${expected} from producer ${header.producerId}, found ${header.baseSequence}`;
    return { kind: 'refused', errorCode: kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER, message };
  }

  /** @param header of the batch as it was appended */
  appended(header: BatchHeader): void {
    if (header.producerId < 0) return;
    const known = this.#producers.get(header.producerId);
    const former = known?.epoch === header.producerEpoch ? known.batches : [];
    const batch: WrittenBatch = {
      firstSequence: header.baseSequence,
      lastSequence: (header.baseSequence + header.recordCount - 1) % sequenceCount,
      baseOffset: header.baseOffset,
    };
    this.#producers.set(header.producerId, {
      epoch: header.producerEpoch,
      batches: [...former, batch].slice(-remembered),
    });
  }

  /** A transaction of the producer ended under this epoch: older epochs are refused from now on. */
  ended(producerId: number, epoch: number): void {
    const known = this.#producers.get(producerId);
    if (known === undefined || epoch > known.epoch) this.#producers.set(producerId, { epoch, batches: [] });
  }
}

function isSame(batch: WrittenBatch, header: BatchHeader): boolean {
  const lastSequence = (header.baseSequence + header.recordCount - 1) % sequenceCount;
  return batch.firstSequence === header.baseSequence && batch.lastSequence === lastSequence;
}

/** Null: nothing written under this epoch yet, any sequence may come first. */
function nextSequence(entry: ProducerEntry): number | null {
  const last = entry.batches.at(-1);
  return last === undefined ? null : (last.lastSequence + 1) % sequenceCount;
}
