/**
 * Takes the protocol that a group uses: what the manifest says, or with `protocol: auto` what fits.
 *
 *   the broker speaks KIP-848 (the feature group.version, finalized by the whole cluster) ──▶ consumer
 *      └─ and refuses, since members of the classic protocol are in the group and may not be moved ──▶ classic
 *   it does not ──▶ classic
 *
 * Chosen once in a run; nothing of ours is in the group before.
 */
import { backoffMs } from '../core/backoff.ts';
import { sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import { LoopWait } from '../core/loop-wait.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { apiVersions } from '../protocol/api-versions.ts';
import { consumerGroupHeartbeat } from '../protocol/consumer-group-heartbeat.ts';
import { kafkaErrors } from '../protocol/error-codes.ts';
import { ClassicMembership } from './classic-membership.ts';
import { ConsumerMembership } from './consumer-membership.ts';
import type { MemberIdentity, Membership, MembershipOptions } from './membership.ts';
import { retryBackoff } from './retry-backoff.ts';

export interface ChoiceOptions extends MembershipOptions {
  readonly client: KafkaClient;
}

export function createMembership(options: ChoiceOptions): Membership {
  return options.group.protocol === 'classic' ? new ClassicMembership(options) : new ChosenMembership(options);
}

class ChosenMembership implements Membership {
  readonly #options: ChoiceOptions;
  #chosen: Membership | null = null;
  readonly #leaving = new AbortController();
  #choosing: Promise<void> | null = null;

  constructor(options: ChoiceOptions) {
    this.#options = options;
  }

  get identity(): MemberIdentity | null {
    return this.#chosen?.identity ?? null;
  }

  async run(): Promise<void> {
    this.#choosing = this.#choose();
    await this.#choosing;
    try {
      await this.#chosen?.run();
    } catch (error) {
      if (this.#options.group.protocol !== 'auto' || !isClassicGroup(error)) throw error;
      if (this.#leaving.signal.aborted) return;
      this.#chosen = new ClassicMembership(this.#options);
      await this.#chosen.run();
    }
  }

  hurry(): void {
    this.#chosen?.hurry();
  }

  async renewed(former: MemberIdentity): Promise<boolean> {
    return (await this.#chosen?.renewed(former)) ?? false;
  }

  refused(action: 'lost' | 'forgotten', reason: string): void {
    this.#chosen?.refused(action, reason);
  }

  async leave(budgetMs: number): Promise<boolean> {
    await this.#stopChoosing();
    return (await this.#chosen?.leave(budgetMs)) ?? true;
  }

  async abandon(): Promise<void> {
    await this.#stopChoosing();
    await this.#chosen?.abandon();
  }

  async #stopChoosing(): Promise<void> {
    this.#leaving.abort();
    await this.#choosing?.catch(() => {}); // told by run()
  }

  /** Leaves it open when the end comes first. @throws KafkaError */
  async #choose(): Promise<void> {
    const { group, clock, random, emit } = this.#options;
    const { signal } = this.#leaving;
    const wait = new LoopWait(emit, { group: group.name, loop: 'coordinator' });
    for (let failures = 0; !signal.aborted; failures++) {
      wait.began('the broker does not say which protocols it speaks');
      try {
        const spoken = await this.#brokerSpeaksConsumer();
        wait.over();
        if (signal.aborted) return;
        if (!spoken && group.protocol === 'consumer') throw unsupported(group.name);
        this.#chosen = spoken ? new ConsumerMembership(this.#options) : new ClassicMembership(this.#options);
        return;
      } catch (error) {
        wait.failed(error);
        if (!(error instanceof KafkaError && error.retryable)) throw error;
        await sleep(clock, backoffMs(retryBackoff, failures, random), signal);
      }
    }
  }

  async #brokerSpeaksConsumer(): Promise<boolean> {
    const { client } = this.#options;
    const us = { clientSoftwareName: 'kafka-worker-runtime', clientSoftwareVersion: process.version.slice(1) };
    const { apis, finalizedFeatures } = await client.send('any', 'metadata', apiVersions, us);
    const [, newest] = consumerGroupHeartbeat.versions;
    // Its first version was a preview in 3.7 to 3.9, and has the broker make up the member id.
    const known = apis.some(({ key, maxVersion }) => key === consumerGroupHeartbeat.key && maxVersion >= newest);
    return known && finalizedFeatures.some(({ name, maxLevel }) => name === 'group.version' && maxLevel >= 1);
  }
}

function isClassicGroup(error: unknown): boolean {
  return error instanceof KafkaError && error.kafkaError?.code === kafkaErrors.GROUP_ID_NOT_FOUND;
}

function unsupported(group: string): KafkaError {
  return new KafkaError(
    'RT_KAFKA_UNSUPPORTED',
    `group ${group}: protocol: consumer needs groups of KIP-848, and the broker does not have them; Apache Kafka 4.0 or later with the feature group.version=1 is expected, or protocol: auto`,
    { retryable: false },
  );
}
