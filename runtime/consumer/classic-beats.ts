/**
 * The heartbeats of a classic member, and what their answers mean at the moment they come:
 *
 *   member       they go to the coordinator's own connection: an answer speaks of the generation that we are in
 *   joins again  a JoinGroup waits on that connection, so they go by another one. 27 says what we know; 22 says that the
 *                group has moved on, with us: the answer that tells it is on its way
 *
 * With each beat that is accepted the member also looks whether its topics have grown.
 */
import type { Clock } from '../core/clock.ts';
import type { LoopWait } from '../core/loop-wait.ts';
import type { GroupSettings } from '../core/settings.ts';
import { kafkaErrors } from '../protocol/error-codes.ts';
import { heartbeat } from '../protocol/heartbeat.ts';
import type { Coordinator } from './coordinator.ts';
import { Heartbeat, type HeartbeatVerdict } from './heartbeat.ts';
import type { MemberIdentity } from './membership.ts';
import type { TopicWatch } from './topic-watch.ts';

export interface ClassicBeatsOptions {
  readonly group: GroupSettings;
  readonly coordinator: Coordinator;
  readonly clock: Clock;
  readonly wait: LoopWait;
  /** Never null while the beats go on. */
  readonly identity: () => MemberIdentity | null;
  readonly joining: () => boolean;
  /** How to end the stable time there is now. It has no effect on a later one. */
  readonly ender: () => (reason: string) => void;
  readonly lost: (action: 'lost' | 'forgotten', reason: string) => void;
  readonly failed: (error: unknown) => void;
}

/** What they say is about the generation, not about the member. */
const ofGeneration = new Set<number>([kafkaErrors.REBALANCE_IN_PROGRESS, kafkaErrors.ILLEGAL_GENERATION]);

export class ClassicBeats {
  readonly #options: ClassicBeatsOptions;
  readonly #heartbeat: Heartbeat;
  #watch: TopicWatch;

  /** Begins one interval from now: the membership has just been confirmed. */
  constructor(options: ClassicBeatsOptions, watch: TopicWatch) {
    const { group, coordinator, clock } = options;
    this.#options = options;
    this.#watch = watch;
    this.#heartbeat = new Heartbeat({
      clock,
      request: 'heartbeat',
      intervalMs: group.timeouts.heartbeatMs,
      sessionMs: group.timeouts.sessionMs,
      instanceId: group.instanceId,
      send: (timeoutMs) => this.#send(options.identity()!, timeoutMs),
      verdict: (verdict) => this.#judge(verdict),
      findCoordinator: () => coordinator.forget(),
    });
  }

  /** The topics as they are dealt out from now on. */
  watch(watch: TopicWatch): void {
    this.#watch = watch;
  }

  hurry(): void {
    this.#heartbeat.hurry();
  }

  stop(): void {
    this.#heartbeat.stop();
  }

  async #send(under: MemberIdentity, timeoutMs: number): Promise<number> {
    const { group, coordinator, wait, identity, joining } = this.#options;
    const aside = joining();
    // While it joins, the join itself is what is waited for.
    if (!aside) wait.began('no heartbeat was accepted');
    try {
      const request = { groupId: group.name, ...under };
      const { errorCode } = aside
        ? await coordinator.sendAside(heartbeat, request, { timeoutMs })
        : await coordinator.send(heartbeat, request, { timeoutMs });
      const former = aside || joining() || identity() !== under;
      return former && ofGeneration.has(errorCode) ? 0 : errorCode;
    } catch (error) {
      if (!aside) wait.failed(error);
      throw error;
    }
  }

  #judge(verdict: HeartbeatVerdict): void {
    const { wait, joining, ender, lost, failed } = this.#options;
    switch (verdict.kind) {
      case 'alive': {
        if (joining()) return;
        wait.over();
        const end = ender();
        void this.#watch.changed().then((what) => what && end(what));
        return;
      }
      case 'rebalance':
        wait.over();
        ender()('the group rebalances');
        return;
      case 'lost':
      case 'forgotten':
        lost(verdict.kind, verdict.reason);
        return;
      case 'failed':
        failed(verdict.error);
        return;
      default:
        verdict satisfies never;
    }
  }
}
