/** Dead letters of a bus in memory. What a letter says, where it may go back to and as what is the same code as for Kafka. */
import { DeadLetterError } from '../core/errors.ts';
import { type DeadLetter, deadLetterOf } from '../dead-letters/dead-letter.ts';
import type { ListOptions, Replayed } from '../dead-letters/dead-letters.ts';
import { destinationOf, type LetterTopic } from '../dead-letters/letter-topic.ts';
import { replayedRecord } from '../dead-letters/replayed-record.ts';
import type { Producer } from '../publisher/producer.ts';
import type { BusMemory } from './bus-memory.ts';
import type { Letters } from './engine-bus.ts';
import type { LetterToReplay } from './event-bus.ts';

export class MemoryLetters implements Letters {
  readonly #memory: BusMemory;
  readonly #producer: Producer;

  constructor(memory: BusMemory, producer: Producer) {
    this.#memory = memory;
    this.#producer = producer;
  }

  async count(topic: string): Promise<{ readonly records: number }> {
    return { records: [...this.#memory.records(topic)].length };
  }

  async *list(topic: string, { limit, order }: ListOptions): AsyncGenerator<DeadLetter> {
    const letters = [...this.#memory.records(topic)].map(deadLetterOf);
    if (order !== 'oldest') letters.reverse();
    yield* letters.slice(0, limit);
  }

  async replay(
    from: LetterTopic,
    { partition, offset }: LetterToReplay,
    { force = false }: { readonly force?: boolean },
  ): Promise<Replayed> {
    const letters = [...this.#memory.records(from.topic)].map(deadLetterOf);
    const letter = letters.find((one) => one.partition === partition && one.offset === offset);
    if (letter === undefined) {
      const message = `no dead letter in ${from.topic}/${partition} at offset ${offset}: there are ${letters.length} in the topic`;
      throw new DeadLetterError('RT_DEAD_LETTER_MISSING', message, { retryable: false });
    }
    const record = replayedRecord(letter, destinationOf(letter, from, force));
    const [place] = await this.#producer.send([record], { deadLetter: true });
    return { ...place!, offset: BigInt(place!.offset), replayCount: letter.replayCount + 1 };
  }
}
