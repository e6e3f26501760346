/** Looks at the committed offsets all the time, and keeps those that are new. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestKafka } from '../../runtime/testing/test-kafka.ts';
import type { CommitSample } from '../../test/support/history.ts';
import { monotonicUs } from './monotonic.ts';

const everyMs = 200;

export class Commits {
  readonly #kafka: TestKafka;
  readonly #group: string;
  readonly #topic: string;
  readonly #partitions: () => number;
  readonly #samples: CommitSample[] = [];
  #stopped = false;
  #running: Promise<void> | null = null;

  constructor(kafka: TestKafka, group: string, topic: string, partitions: () => number) {
    this.#kafka = kafka;
    this.#group = group;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  /** By time; of each partition those that differ from the one before. */
  get samples(): readonly CommitSample[] {
    return this.#samples;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** The last sample of each partition, when all is over. */
  async last(): Promise<void> {
    this.#keep(await this.now());
  }

  /** By partition; 0 where nothing was committed. Asks until Kafka answers. */
  async now(): Promise<readonly CommitSample[]> {
    for (;;) {
      const samples = await this.#ask();
      if (samples !== null) return samples;
      await sleep(everyMs);
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#keep((await this.#ask()) ?? []);
      await sleep(everyMs);
    }
  }

  /** Null while the group moves, or its broker is away. */
  async #ask(): Promise<readonly CommitSample[] | null> {
    const numbers = Array.from({ length: this.#partitions() }, (_, partition) => partition);
    try {
      const offsets = await Promise.all(numbers.map((n) => this.#kafka.committed(this.#group, this.#topic, n)));
      const timeUs = monotonicUs();
      return offsets.map((offset, partition) => ({
        ...{ topic: this.#topic, partition, timeUs },
        offset: Number(offset ?? 0n),
      }));
    } catch {
      return null;
    }
  }

  #keep(samples: readonly CommitSample[]): void {
    for (const sample of samples) {
      const last = this.#samples.findLast(({ partition }) => partition === sample.partition);
      if (last?.offset !== sample.offset) this.#samples.push(sample);
    }
  }
}
