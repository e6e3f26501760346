/**
 * What the engine does about Kafka's error codes: one table, request by request. Codes that no row names are treated
 * as `retry` where Kafka calls them retriable, and as `fatal` otherwise, so that an unknown refusal is never a loop.
 *
 *   retry             the same request again after a backoff
 *   refresh           retry, after asking for the metadata anew
 *   findCoordinator   retry, after asking who coordinates the group
 *   rejoin            join again; what was agreed before does not count any more
 *   takeMemberId      join again at once with the member id of the answer
 *   drain             the group rebalances: finish, commit, then join again
 *   stale             the member epoch has moved on: beat, which brings the new one, and retry under it
 *   plain             the broker takes no metadata of that length: commit without
 *   lost              the membership is gone: drop everything, join again under the same member id
 *   forgotten         as `lost`, and the member id is gone too
 *   reset             the position does not exist: apply `from`
 *   reread            the bytes are damaged: fetch again, at most twice
 *   fatal             an operator has to act
 */

import { KafkaError } from '../core/errors.ts';
import { isRetryableKafkaError, kafkaErrors as k, kafkaErrorName } from '../protocol/error-codes.ts';

export type ErrorAction =
  | 'retry'
  | 'refresh'
  | 'findCoordinator'
  | 'rejoin'
  | 'takeMemberId'
  | 'drain'
  | 'stale'
  | 'plain'
  | 'lost'
  | 'forgotten'
  | 'reset'
  | 'reread'
  | 'fatal';

export type RequestKind =
  | 'fetch'
  | 'listOffsets'
  | 'join'
  | 'sync'
  | 'heartbeat'
  | 'consumerHeartbeat'
  | 'commit'
  | 'offsetFetch';

type Actions = Readonly<Record<number, ErrorAction>>;

const anywhere: Actions = {
  [k.UNKNOWN_SERVER_ERROR]: 'retry',
  [k.TOPIC_AUTHORIZATION_FAILED]: 'fatal',
  [k.GROUP_AUTHORIZATION_FAILED]: 'fatal',
  [k.CLUSTER_AUTHORIZATION_FAILED]: 'fatal',
  [k.SASL_AUTHENTICATION_FAILED]: 'fatal',
  [k.UNSUPPORTED_VERSION]: 'fatal',
};

const byLeader: Actions = {
  [k.UNKNOWN_TOPIC_OR_PARTITION]: 'refresh',
  [k.UNKNOWN_TOPIC_ID]: 'refresh',
  [k.INCONSISTENT_TOPIC_ID]: 'refresh',
  [k.LEADER_NOT_AVAILABLE]: 'refresh',
  [k.NOT_LEADER_OR_FOLLOWER]: 'refresh',
  [k.REPLICA_NOT_AVAILABLE]: 'refresh',
  [k.KAFKA_STORAGE_ERROR]: 'refresh',
  [k.FENCED_LEADER_EPOCH]: 'refresh',
  // The broker knows less than we do: it has to catch up.
  [k.UNKNOWN_LEADER_EPOCH]: 'refresh',
};

const byCoordinator: Actions = {
  [k.COORDINATOR_LOAD_IN_PROGRESS]: 'retry',
  [k.COORDINATOR_NOT_AVAILABLE]: 'findCoordinator',
  [k.NOT_COORDINATOR]: 'findCoordinator',
};

const byMembership: Actions = {
  [k.ILLEGAL_GENERATION]: 'lost',
  [k.UNKNOWN_MEMBER_ID]: 'forgotten',
  [k.FENCED_INSTANCE_ID]: 'fatal',
};

export const errorActions: Readonly<Record<RequestKind, Actions>> = {
  fetch: {
    ...anywhere,
    ...byLeader,
    [k.OFFSET_OUT_OF_RANGE]: 'reset',
    [k.CORRUPT_MESSAGE]: 'reread',
    [k.INVALID_RECORD]: 'reread',
  },
  listOffsets: { ...anywhere, ...byLeader, [k.OFFSET_NOT_AVAILABLE]: 'retry' },
  join: {
    ...anywhere,
    ...byCoordinator,
    [k.MEMBER_ID_REQUIRED]: 'takeMemberId',
    [k.UNKNOWN_MEMBER_ID]: 'forgotten',
    [k.ILLEGAL_GENERATION]: 'rejoin',
    [k.REBALANCE_IN_PROGRESS]: 'rejoin',
    // The group has as many members as its broker allows: a place may become free.
    [k.GROUP_MAX_SIZE_REACHED]: 'retry',
  },
  sync: { ...anywhere, ...byCoordinator, ...byMembership, [k.REBALANCE_IN_PROGRESS]: 'rejoin' },
  heartbeat: { ...anywhere, ...byCoordinator, ...byMembership, [k.REBALANCE_IN_PROGRESS]: 'drain' },
  consumerHeartbeat: {
    ...anywhere,
    ...byCoordinator,
    ...byMembership,
    [k.FENCED_MEMBER_EPOCH]: 'lost',
    [k.GROUP_ID_NOT_FOUND]: 'lost',
    // A static member was not stopped in good order: its instance id is free when its session is over.
    [k.UNRELEASED_INSTANCE_ID]: 'retry',
    [k.GROUP_MAX_SIZE_REACHED]: 'retry',
  },
  commit: {
    ...anywhere,
    ...byCoordinator,
    ...byMembership,
    [k.REBALANCE_IN_PROGRESS]: 'drain',
    [k.STALE_MEMBER_EPOCH]: 'stale',
    [k.OFFSET_METADATA_TOO_LARGE]: 'plain',
  },
  offsetFetch: { ...anywhere, ...byCoordinator },
};

/** @param code not 0 */
export function actionFor(request: RequestKind, code: number): ErrorAction {
  return errorActions[request][code] ?? (isRetryableKafkaError(code) ? 'retry' : 'fatal');
}

/**
 * The error to end the group's run with.
 * @param what which request was refused, and for whom @param instanceId of a static member
 */
export function fatalError(what: string, code: number, instanceId: string | null = null): KafkaError {
  const name = kafkaErrorName(code);
  const who = instanceId === null ? '' : ` as ${instanceId}`;
  return new KafkaError('RT_KAFKA_REFUSED', `${what}${who} was refused with ${name} (${code})${advice[code] ?? ''}`, {
    retryable: false,
    kafkaError: { code, name },
  });
}

const advice: Readonly<Record<number, string>> = {
  [k.TOPIC_AUTHORIZATION_FAILED]: ': allow READ and DESCRIBE on the topic',
  [k.GROUP_AUTHORIZATION_FAILED]: ': allow READ on the group',
  [k.INCONSISTENT_GROUP_PROTOCOL]: ': the members of the group use another assignor or another protocol type',
  [k.INVALID_SESSION_TIMEOUT]:
    ": timeouts.session is outside the broker's group.min.session.timeout.ms and group.max.session.timeout.ms",
  [k.FENCED_INSTANCE_ID]:
    ': another process has joined under the same instance id, and only the last one may: give every process its own `staticMembership`, or set it to none',
  [k.UNRELEASED_INSTANCE_ID]: ': another process runs under the same instance id',
  [k.GROUP_ID_NOT_FOUND]:
    ': members of the classic protocol are in the group, and the broker does not move them (group.consumer.migration.policy); stop them first, or use protocol: auto',
};
