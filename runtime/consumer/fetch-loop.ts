/**
 * Fetches from one broker, one request at a time.
 *
 *   plan ──some have room──▶ fetch ──▶ split ──▶ wait until all of it was handed over ──▶ plan
 *    │ └──none has room────▶ wait for wake() ──▶ plan
 *    └────leads nothing of ours──▶ ended
 *
 * What a request asks for, and how long the broker may wait, is in fetch-plan.ts. A partition that opens while the
 * broker waits long ends that wait, with its connection.
 *
 * A broker that says how long it wants to be left alone (quotas) is left alone so long. Topics go by id where the broker
 * tells ids, so that one made anew under an old name is refused instead of being read from where the old one was.
 */
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { LoopWait } from '../core/loop-wait.ts';
import type { GroupSettings } from '../core/settings.ts';
import { addressText } from '../kafka/client-options.ts';
import type { Node } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { fetch } from '../protocol/fetch.ts';
import {
  type Asked,
  type FetchPlan,
  FetchPlanner,
  type FetchResponse,
  fetchRequest,
  type Readable,
} from './fetch-plan.ts';

/** A broker that asks for more (Kafka's quotas never do) is asked again all the same. */
const throttleMaxMs = 30_000;
/** The last version that names topics, for brokers that tell no ids. */
const namedVersionMax = 12;

export interface FetchLoopOptions {
  readonly node: Node;
  readonly group: GroupSettings;
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly wait: LoopWait;
  readonly readable: Readable;
  /** Takes the answer apart; resolves when there is nothing left of it to hand over. */
  readonly received: (asked: Asked, response: FetchResponse) => Promise<void>;
  /** The request failed. Resolves when it is worth trying again. */
  readonly failed: (error: unknown) => Promise<void>;
  readonly ended: () => void;
}

export class FetchLoop {
  readonly #options: FetchLoopOptions;
  readonly #planner: FetchPlanner;
  readonly #stopping = new AbortController();
  /** Why the last request brought nothing; for the report of a stall. */
  #trouble = '';
  /** Resolves a wait between two requests. */
  #wake: (() => void) | null = null;
  /** What is asked for while the broker waits longer than `batch.maxWait`. */
  #longAsked: Asked | null = null;
  /** The request under way was given up for another one. */
  #interrupted: boolean = false;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
    this.#planner = new FetchPlanner(options.readable, options.group.fetch, options.clock);
    this.#run().catch((error: unknown) => options.failed(error));
  }

  /** Some partition may have room, or may have been added. Cheap: called for every bit of progress. */
  wake(): void {
    this.#wake?.();
    if (this.#longAsked !== null && this.#planner.leavesOut(this.#longAsked)) this.#interrupt();
  }

  /** What is under way is dropped when it arrives. */
  stop(): void {
    this.#stopping.abort();
    this.wake();
  }

  async #run(): Promise<void> {
    const { client, node, received, failed, ended, wait } = this.#options;
    try {
      // Partitions open in groups: the first request should have all of them.
      await Promise.resolve();
      while (!this.#stopped) {
        const plan = this.#planner.next();
        if (plan === null) break;
        if (plan.ready.length === 0) {
          await this.#waitFor(plan.waitMs);
          continue;
        }
        this.#longAsked = plan.long ? plan.asked : null;
        this.#interrupted = false;
        wait.began(`no answer to Fetch from ${addressText(node)}${this.#trouble}`, 2 * plan.waitMs);
        try {
          const response = await this.#send(plan);
          // An error of the whole request is no answer that lets anybody go on.
          if (response.errorCode === 0) wait.over();
          this.#trouble = '';
          this.#longAsked = null;
          this.#interrupted = false;
          this.#planner.learn(plan, response);
          if (!this.#stopped) await received(plan.asked, response);
          client.recycle(node, this.#purpose); // record sets are copies
          await this.#leaveAlone(response.throttleTimeMs);
        } catch (error) {
          wait.failed(error);
          this.#planner.learn(plan, null);
          this.#longAsked = null;
          if (this.#interrupted) continue;
          if (error instanceof KafkaError) this.#trouble = `: ${error.message}`;
          if (!this.#stopped) await failed(error);
        }
      }
    } finally {
      wait.over();
      ended();
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Fetches have a connection of their own. */
  get #purpose(): string {
    return `fetch:${this.#options.group.name}`;
  }

  #send(plan: FetchPlan): Promise<FetchResponse> {
    const { client, node, group } = this.#options;
    const request = fetchRequest(plan, group.fetch);
    const named = request.topics.some(({ topicId }) => topicId === zeroUuid);
    return client.send(node, this.#purpose, fetch, request, {
      ...(named && { maxVersion: namedVersionMax }),
      brokerWaitMs: plan.waitMs,
    });
  }

  async #leaveAlone(throttleMs: number): Promise<void> {
    if (throttleMs > 0) await sleep(this.#options.clock, Math.min(throttleMs, throttleMaxMs), this.#stopping.signal);
  }

  /** The broker serves a connection's requests one after the other: the next one needs another connection. */
  #interrupt(): void {
    this.#longAsked = null;
    this.#interrupted = true;
    const { client, node } = this.#options;
    void client.release(this.#purpose, node);
  }

  #waitFor(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#wake = null;
        resolve();
      };
      const timer = this.#options.clock.after(waitMs, done);
      this.#wake = done;
    });
  }
}
