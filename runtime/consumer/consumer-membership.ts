/**
 * A member of a group of the consumer protocol (KIP-848): the broker deals the partitions and tells each member what
 * shall be its own; what does not move is not disturbed.
 *
 *   joining ──accepted──▶ staying (`consumer-stay.ts`) ──leave()──▶ left
 *      ▲                      │ lost                     failed ──▶ (run throws)
 *      └──────────────────────┘
 *
 *   leave() while joining: the wait is broken off → left
 */
import { backoffMs } from '../core/backoff.ts';
import { sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import { LoopWait } from '../core/loop-wait.ts';
import { kafkaErrors } from '../protocol/error-codes.ts';
import { ConsumerStay } from './consumer-stay.ts';
import { actionFor, fatalError } from './error-actions.ts';
import { newMemberId } from './member-id.ts';
import type { MemberIdentity, Membership, MembershipOptions } from './membership.ts';
import { retryBackoff } from './retry-backoff.ts';

/** Kafka's `group.consumer.session.timeout.ms`: so long an instance id may still belong to a process that was killed. */
const brokerSessionMs = 45_000;

export class ConsumerMembership implements Membership {
  readonly #options: MembershipOptions;
  readonly #wait: LoopWait;
  readonly #memberId: string;
  #stay: ConsumerStay | null = null;
  #joined: boolean = false;
  /** A membership that was lost, and that the broker may still have. */
  #former: ConsumerStay | null = null;
  /** Aborted by `leave()` and `abandon()`. */
  readonly #leaving = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#wait = new LoopWait(options.emit, { group: options.group.name, loop: 'coordinator' });
    this.#memberId = newMemberId(options.random);
  }

  get identity(): MemberIdentity | null {
    return this.#stay?.identity ?? null;
  }

  run(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  hurry(): void {
    this.#stay?.hurry();
  }

  /** A stale epoch is told apart by its own error code (113), so there is nothing to wait for. */
  async renewed(former: MemberIdentity): Promise<boolean> {
    return this.identity !== null && this.identity !== former;
  }

  /** The member id is ours, and stays. */
  refused(_action: 'lost' | 'forgotten', reason: string): void {
    this.#stay?.lose(reason);
  }

  async leave(budgetMs: number): Promise<boolean> {
    this.#leaving.abort();
    if (this.#joined) await this.#stay?.leave(budgetMs);
    else await this.#options.coordinator.interrupt();
    return this.#ended();
  }

  async abandon(): Promise<void> {
    this.#leaving.abort();
    this.#stay?.lose('the group failed');
    await this.#options.coordinator.interrupt();
    await this.#ended();
  }

  async #ended(): Promise<boolean> {
    await this.#running?.catch(() => {}); // told by run()
    await this.#stay?.beats.leave();
    return this.#stay?.finished ?? true;
  }

  async #run(): Promise<void> {
    let reason = 'started';
    while (!this.#leaving.signal.aborted) {
      this.#options.emit('group.state', { group: this.#options.group.name, state: 'joining', reason });
      this.#stay = new ConsumerStay({ ...this.#options, memberId: this.#memberId, wait: this.#wait });
      // The end may have come together with the answer.
      if (!(await this.#join(this.#stay)) || this.#leaving.signal.aborted) return;
      this.#joined = true;
      const end = await this.#stay.remain();
      this.#joined = false;
      if (end.kind === 'failed') throw end.error;
      if (end.kind === 'left') return;
      reason = end.reason;
      this.#former = this.#stay;
    }
  }

  /** @returns false when leaving @throws KafkaError when the broker will not have us */
  async #join(stay: ConsumerStay): Promise<boolean> {
    const { group, coordinator, clock, random } = this.#options;
    const { signal } = this.#leaving;
    const graceMs = group.instanceId === null ? 0 : Math.max(group.timeouts.sessionMs, brokerSessionMs);
    const startedAt = clock.now();
    for (let failures = 0; !signal.aborted; failures++) {
      this.#wait.began('the group was not joined', graceMs);
      const code = await this.#attempt(stay);
      if (signal.aborted) return false;
      if (code === kafkaErrors.NONE) return true;
      if (code !== null) {
        const action = actionFor('consumerHeartbeat', code);
        const taken = code === kafkaErrors.UNRELEASED_INSTANCE_ID && clock.now() - startedAt > graceMs;
        if (action === 'fatal' || code === kafkaErrors.GROUP_ID_NOT_FOUND || taken) {
          throw fatalError(`joining group ${group.name}`, code);
        }
        if (action === 'findCoordinator') coordinator.forget();
      }
      await sleep(clock, backoffMs(retryBackoff, failures, random), signal);
    }
    return false;
  }

  /** @returns Kafka's error code; null when there was no answer */
  async #attempt(stay: ConsumerStay): Promise<number | null> {
    const { sessionMs } = this.#options.group.timeouts;
    try {
      // It would take us back under the epoch that we had, and then a commit that is still on its way from before would
      // count: leaving ends that epoch. Where we are not known any more, this changes nothing.
      const code = await this.#former?.beats.resign(sessionMs);
      if (code !== undefined && ['retry', 'findCoordinator'].includes(actionFor('consumerHeartbeat', code)))
        return code;
      this.#former = null;
      return await stay.beats.send(sessionMs);
    } catch (error) {
      this.#wait.failed(error);
      const passing = error instanceof KafkaError && error.retryable;
      if (!passing && !this.#leaving.signal.aborted) throw error;
      return null;
    }
  }
}
