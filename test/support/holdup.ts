/**
 * A member of a classic group that does only what the test says: it joins, stays alive, and does not join again when the
 * group rebalances, so that everybody else waits for it.
 */
import { systemClock } from '../../runtime/core/clock.ts';
import type { BrokerAddress } from '../../runtime/core/settings.ts';
import { createKafkajsClient } from '../../runtime/kafka/kafkajs/client.ts';
import type { KafkaClient, SendOptions } from '../../runtime/kafka/port.ts';
import type { Api } from '../../runtime/protocol/api.ts';
import { writeSubscription } from '../../runtime/protocol/consumer-protocol.ts';
import { describeGroups } from '../../runtime/protocol/describe-groups.ts';
import { kafkaErrors } from '../../runtime/protocol/error-codes.ts';
import { heartbeat } from '../../runtime/protocol/heartbeat.ts';
import { joinGroup } from '../../runtime/protocol/join-group.ts';
import { leaveGroup } from '../../runtime/protocol/leave-group.ts';
import { syncGroup } from '../../runtime/protocol/sync-group.ts';

const rebalanceTimeoutMs = 120_000;

export class Holdup implements AsyncDisposable {
  readonly #broker: BrokerAddress;
  readonly #group: string;
  readonly #topic: string;
  readonly #client: KafkaClient;
  #memberId = '';

  /** @param broker the group's coordinator: the only one there is */
  constructor(broker: BrokerAddress, group: string, topic: string) {
    this.#broker = broker;
    this.#group = group;
    this.#topic = topic;
    this.#client = createKafkajsClient({
      brokers: [broker],
      clientId: 'holdup',
      requestTimeoutMs: 30_000,
      maxResponseBytes: 1024 * 1024,
      clock: systemClock,
      emit: () => {},
    });
  }

  /** Resolves when it is a member of a generation, as a follower that owns nothing. */
  async join(): Promise<void> {
    const metadata = writeSubscription({
      ...{ version: 3, topics: [this.#topic], userData: null, owned: [], generation: -1, rackId: null },
    });
    const request = {
      groupId: this.#group,
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs,
      instanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'cooperative-sticky', metadata }],
      reason: null,
    };
    const timeouts = { timeoutMs: rebalanceTimeoutMs };
    const named = await this.#send(joinGroup, { ...request, memberId: '' });
    expectCode('JoinGroup', named.errorCode, kafkaErrors.MEMBER_ID_REQUIRED);
    this.#memberId = named.memberId;
    const joined = await this.#send(joinGroup, { ...request, memberId: named.memberId }, timeouts);
    expectCode('JoinGroup', joined.errorCode, kafkaErrors.NONE);
    const member = { groupId: this.#group, generation: joined.generation, memberId: this.#memberId, instanceId: null };
    const agreed = { protocolType: joined.protocolType, protocolName: joined.protocolName };
    const synced = await this.#send(syncGroup, { ...member, ...agreed, assignments: [] }, timeouts);
    // The others may have been quicker: they have given up what they had to, and the group rebalances again already.
    if (synced.errorCode === kafkaErrors.REBALANCE_IN_PROGRESS) return;
    expectCode('SyncGroup', synced.errorCode, kafkaErrors.NONE);
    await this.#send(heartbeat, member);
  }

  /** Of the group, as its coordinator says. */
  async state(): Promise<string> {
    const answer = await this.#send(describeGroups, { groupIds: [this.#group], includeOperations: false });
    return answer.groups[0]!.state;
  }

  async leave(): Promise<void> {
    const memberId = this.#memberId;
    const request = { groupId: this.#group, memberId, members: [{ memberId, instanceId: null, reason: null }] };
    await this.#send(leaveGroup, request);
  }

  #send<Req, Res>(api: Api<Req, Res>, request: Req, options: SendOptions = {}): Promise<Res> {
    return this.#client.send(this.#broker, 'holdup', api, request, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close();
  }
}

function expectCode(api: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${api} was answered with ${found}, expected ${wanted}`);
}
