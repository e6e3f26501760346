/**
 * Keyed records for one group, made and followed past the network under test: what was published, how each handler call
 * went, what was committed as a client reads it, what is in the dead letter topic. All of it becomes a history.
 *
 *   publish ─▶ broker ═faulty network═ runtime ─▶ handler (writes the call down)
 *                └──────▶ committed offsets, dead letters, read without the network
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fn } from '../../../runtime/handler/define-handlers.ts';
import type { TestContext } from '../../../runtime/testing/index.ts';
import type { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import { until } from '../../../runtime/testing/until.ts';
import { type CallLine, type CommitSample, checkHistory, type History } from '../../support/history.ts';
import type { ClauseName } from '../../support/history-clauses.ts';

const keys = 20;
const sampleEveryMs = 50;
const withinMs = 60_000;

export interface LoadOptions {
  readonly kafka: TestKafka;
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  /** `retry.maxRetries` of the group. */
  readonly maxRetries: number;
  /** Whether committed offsets are looked at all the time. */
  readonly sampled: boolean;
}

export class Load {
  readonly #options: LoadOptions;
  readonly #calls: CallLine[] = [];
  readonly #samples: CommitSample[] = [];
  readonly #finished = new Set<string>();
  #published = 0;
  #poison = 0;

  constructor(t: TestContext, options: LoadOptions) {
    this.#options = options;
    if (options.sampled) this.#sample(t);
  }

  /** Every record, of whatever type. Poison fails each time; the others take a millisecond or two. */
  readonly handler: Fn = async (event, context) => {
    const { topic, partition, key } = event;
    const header = (name: string): string => Buffer.from(event.headers.get(name)![0]!).toString();
    const call = {
      ...{ topic, partition, offset: Number(event.offset), key, sequence: Number(header('sequence')) },
      ...{ attempt: context.attempt, pid: process.pid, thread: 0 },
    };
    this.#calls.push({ ...call, kind: 'start', timeUs: nowUs() });
    await sleep(1);
    const failed = header('poison') === 'yes';
    this.#calls.push({ ...call, kind: 'end', outcome: failed ? 'failed' : 'done', timeUs: nowUs() });
    if (failed) throw new Error('poison');
    this.#finished.add(`${topic}/${partition}/${event.offset}`);
  };

  /** Records that were handled to a good end, each counted once. */
  get handled(): number {
    return this.#finished.size;
  }

  /** Calls that ended well; a topic made anew has its offsets once more. */
  get done(): number {
    return this.#calls.filter((call) => call.kind === 'end' && call.outcome === 'done').length;
  }

  get published(): number {
    return this.#published;
  }

  /** @param valueBytes of each record @param kafka to send them with, where they should meet the network's faults */
  async publish(count: number, valueBytes = 2, kafka = this.#options.kafka): Promise<void> {
    const numbers = Array.from({ length: count }, (_, i) => this.#published + i);
    this.#published += count;
    this.#poison += numbers.filter(isPoison).length;
    await kafka.publish(
      this.#options.topic,
      numbers.map((nr) => ({
        key: Buffer.from(`key-${nr % keys}`),
        value: Buffer.from('{}'.padEnd(valueBytes)),
        headers: [
          ['sequence', Buffer.from(String(Math.floor(nr / keys)))] as const,
          ['poison', Buffer.from(isPoison(nr) ? 'yes' : 'no')] as const,
        ],
      })),
    );
  }

  /** Waits until all that was published is handled, or dead where it is poison, and committed. */
  async finished(state?: () => unknown): Promise<void> {
    const all = async (): Promise<boolean> => {
      if (this.handled < this.#published - this.#poison) return false;
      const offsets = await this.committed();
      return offsets.reduce((sum, { offset }) => sum + offset, 0) === this.#published;
    };
    const seen = () => ({
      ...{ published: this.#published, poison: this.#poison, handled: this.handled },
      ...{ committed: this.#samples.slice(-this.#options.partitions), runtime: state?.() },
    });
    await until(all, { withinMs, state: seen });
  }

  /** @returns what was broken, but for the clauses that the fault may break */
  async broken(...excused: readonly ClauseName[]): Promise<readonly unknown[]> {
    return checkHistory(await this.#history()).filter(({ clause }) => !excused.includes(clause));
  }

  /** By partition; 0 where nothing was committed. */
  async committed(): Promise<readonly CommitSample[]> {
    const { kafka, group, topic, partitions } = this.#options;
    const numbers = Array.from({ length: partitions }, (_, partition) => partition);
    const offsets = await Promise.all(numbers.map((n) => kafka.committed(group, topic, n)));
    const timeUs = nowUs();
    return offsets.map((offset, partition) => ({ topic, partition, timeUs, offset: Number(offset ?? 0n) }));
  }

  async #history(): Promise<History> {
    const { kafka, topic, maxRetries } = this.#options;
    this.#samples.push(...(await this.committed()));
    const text = (value: Uint8Array | null | undefined): string => Buffer.from(value ?? []).toString();
    const named = (record: { readonly key: Uint8Array | null; readonly headers: Headers }) => ({
      key: text(record.key),
      sequence: Number(text(header(record.headers, 'sequence'))),
    });
    return {
      records: (await kafka.read(topic)).map((record) => ({
        ...{ topic, partition: record.partition, offset: record.offset, ...named(record) },
        poison: text(header(record.headers, 'poison')) === 'yes',
      })),
      calls: this.#calls,
      commits: this.#samples,
      deadLetters: (await kafka.read(`${topic}.dlq`)).map(named),
      kills: [],
      attemptsMax: maxRetries + 1,
    };
  }

  /** Looks at the committed offsets until the test ends. */
  #sample(t: TestContext): void {
    let ended = false;
    const look = async (): Promise<void> => {
      while (!ended) {
        // Before the group exists, and while the broker restarts, there is no answer, and so nothing to check.
        this.#samples.push(...(await this.committed().catch(() => [])));
        await sleep(sampleEveryMs);
      }
    };
    const looking = look();
    t.onTestFinished(async () => {
      ended = true;
      await looking;
    });
  }
}

type Headers = readonly (readonly [string, Uint8Array | null])[];

function header(headers: Headers, name: string): Uint8Array | null | undefined {
  return headers.find(([other]) => other === name)?.[1];
}

function isPoison(nr: number): boolean {
  return nr % 97 === 41;
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
