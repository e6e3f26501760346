/**
 * Writes records all the time, at a steady pace, whatever happens to those who read them. Each has a number, and key and
 * headers follow from it (`record-mix.ts`); faults add headers to the next ones.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { keyCount, numberedRecord } from '../../test/processes/support/record-mix.ts';

const perSecond = 150;
const everyMs = 100;
/** Most handlers take some time, so that whatever happens finds much in flight. */
const takesMaxMs = 200;
/** A prime, so that neighbours differ. */
const takesStep = 73;

export class Load {
  readonly #kafka: TestKafka;
  readonly #topic: string;
  /** Headers for the records that come next, one entry each. */
  readonly #special: Readonly<Record<string, string>>[] = [];
  #next = 0;
  #stopped = false;
  #running: Promise<void> | null = null;
  /** Writes that Kafka did not acknowledge; their records may be in the topic or not. */
  #failed = 0;

  constructor(kafka: TestKafka, topic: string) {
    this.#kafka = kafka;
    this.#topic = topic;
  }

  /** All records from this number on are written later than now. */
  get next(): number {
    return this.#next;
  }

  get failed(): number {
    return this.#failed;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** @returns the numbers of the records that will have these headers, one entry each */
  add(special: readonly Readonly<Record<string, string>>[]): readonly number[] {
    const first = this.#next + this.#special.length;
    this.#special.push(...special);
    return special.map((_, i) => first + i);
  }

  /** Resolves when what was begun is written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const records = Array.from({ length: (perSecond * everyMs) / 1000 }, () => this.#record());
      try {
        await this.#kafka.publish(this.#topic, records);
      } catch {
        this.#failed += records.length;
      }
      await sleep(everyMs);
    }
  }

  #record(): ReturnType<typeof numberedRecord> {
    const number = this.#next++;
    const record = numberedRecord(number);
    // Of two headers of one name handlers read the first: what the mix says about a record stays.
    const extra = { ...this.#special.shift(), takes: String((number * takesStep) % takesMaxMs) };
    const headers = Object.entries(extra).map(([name, text]) => [name, Buffer.from(text)] as const);
    return { ...record, headers: [...record.headers, ...headers] };
  }
}

/** Of a record as handlers wrote it down, or as it lies in the topic. */
export function numberOf({ key, sequence }: { readonly key: string | null; readonly sequence: number }): number {
  return sequence * keyCount + Number(key!.slice('key-'.length));
}
