/**
 * Work for several processes of one group: 10,000 keyed records over six partitions, made while they are handled.
 * All that can be seen of the run becomes a history that is checked at its end. What is in a record: `record-mix.ts`.
 */
import { onTestFinished } from 'vitest';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import { until } from '../../../runtime/testing/until.ts';
import type { Target } from '../../peers/support/targets.ts';
import type { CommitSample, History, Kill } from '../../support/history.ts';
import { makeProject, type Project } from './project.ts';
import { isPoison, nameOf, numberedRecord, saysPoison } from './record-mix.ts';

export const recordsTotal = 10_000;
export const partitions = 6;
const chunk = 100;
/** Records that wait, at most: enough for both processes to be busy, so little that work goes on until the end. */
const backlogMax = 1_500;
const maxRetries = 2;
const sampleEveryMs = 100;
const withinMs = 90_000; // one step takes a few seconds; the rest is for a machine that does much else

export class SharedWork {
  readonly kafka: TestKafka;
  readonly project: Project;
  readonly #group: string;
  readonly #topic: string;
  readonly #samples: CommitSample[] = [];
  #produced = 0;
  #poisonProduced = 0;
  /** As last seen. */
  #deadLetters = 0;

  /** @param topic with six partitions @param timeouts of the group, over its defaults */
  constructor(target: Target, topic: string, timeouts: object = {}, protocol = 'auto') {
    this.#topic = topic;
    this.#group = target.fresh('sharing');
    target.owns(`${topic}.dlq`);
    this.kafka = new TestKafka(target.addresses);
    onTestFinished(() => this.kafka.close());
    this.project = makeProject({
      kafka: { brokers: target.brokers },
      groups: {
        [this.#group]: {
          topics: [topic],
          protocol,
          handlers: './handlers.ts',
          retry: { maxRetries, baseDelay: '20ms' },
          concurrency: { workers: 2 },
          timeouts: { heartbeat: '500ms', ...timeouts },
        },
      },
      observability: { http: { port: 0 } },
    });
    this.#sample();
  }

  get group(): string {
    return this.#group;
  }

  get handled(): number {
    return this.project.recording.handled();
  }

  /** Makes records up to this number, at the pace at which they are handled. */
  async produceUpTo(total: number): Promise<void> {
    while (this.#produced < total) {
      await this.#until(() => this.#produced - this.#poisonProduced - this.handled <= backlogMax - chunk);
      const numbers = Array.from({ length: Math.min(chunk, total - this.#produced) }, (_, i) => this.#produced + i);
      await this.kafka.publish(this.#topic, numbers.map(numberedRecord));
      this.#produced += numbers.length;
      this.#poisonProduced += numbers.filter(isPoison).length;
    }
  }

  untilHandled(count: number): Promise<void> {
    return this.#until(() => this.handled >= count);
  }

  /** Waits until everything is handled, or dead-lettered where it is poison. */
  async untilAllFinished(): Promise<void> {
    await this.untilHandled(this.#produced - this.#poisonProduced);
    await this.#until(async () => {
      this.#deadLetters = (await this.kafka.read(`${this.#topic}.dlq`)).length;
      return this.#deadLetters >= this.#poisonProduced;
    });
  }

  /** By partition; 0 where nothing was committed. */
  async committed(): Promise<readonly CommitSample[]> {
    const numbers = Array.from({ length: partitions }, (_, partition) => partition);
    const offsets = await Promise.all(numbers.map((n) => this.kafka.committed(this.#group, this.#topic, n)));
    const timeUs = Number(process.hrtime.bigint() / 1000n);
    return offsets.map((offset, partition) => ({
      ...{ topic: this.#topic, partition, timeUs },
      offset: Number(offset ?? 0n),
    }));
  }

  /** Call it when every process has ended. */
  async history(kills: readonly Kill[] = []): Promise<History> {
    this.#samples.push(...(await this.committed()));
    const records = await this.kafka.read(this.#topic);
    const dead = await this.kafka.read(`${this.#topic}.dlq`);
    return {
      records: records.map((record) => ({
        ...{ topic: record.topic, partition: record.partition, offset: record.offset },
        ...nameOf(record),
        poison: saysPoison(record),
      })),
      calls: this.project.recording.calls(),
      commits: this.#samples,
      deadLetters: dead.map(nameOf),
      kills,
      attemptsMax: maxRetries + 1,
    };
  }

  /** Looks at the committed offsets again and again until the test ends. */
  #sample(): void {
    let ended = false;
    onTestFinished(() => {
      ended = true;
    });
    const look = async (): Promise<void> => {
      while (!ended) {
        // Before the group exists, and while Kafka moves it, there is no answer, and so nothing to check.
        const samples = await this.committed().catch(() => []);
        this.#samples.push(...samples);
        await new Promise((resolve) => setTimeout(resolve, sampleEveryMs));
      }
    };
    void look();
  }

  #until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const state = () => ({
      ...{ produced: this.#produced, handled: this.handled },
      ...{ poison: this.#poisonProduced, deadLetters: this.#deadLetters },
      last: this.#samples.slice(-partitions),
    });
    return until(condition, { withinMs, state });
  }
}
