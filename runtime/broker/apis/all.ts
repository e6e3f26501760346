/** Every API that this broker answers. What is not in this list is not advertised, and closes the connection. */
import type { AnsweredApi } from '../answer.ts';
import { handleAddOffsetsToTxn } from './add-offsets-to-txn.ts';
import { handleAddPartitionsToTxn } from './add-partitions-to-txn.ts';
import { handleAlterConfigs, handleIncrementalAlterConfigs } from './alter-configs.ts';
import { answerApiVersions } from './api-versions.ts';
import { handleConsumerGroupDescribe } from './consumer-group-describe.ts';
import { handleConsumerGroupHeartbeat } from './consumer-group-heartbeat.ts';
import { handleCreatePartitions } from './create-partitions.ts';
import { handleCreateTopics } from './create-topics.ts';
import { handleDeleteGroups } from './delete-groups.ts';
import { handleDeleteRecords } from './delete-records.ts';
import { handleDeleteTopics } from './delete-topics.ts';
import { handleDescribeCluster } from './describe-cluster.ts';
import { handleDescribeConfigs } from './describe-configs.ts';
import { handleDescribeGroups } from './describe-groups.ts';
import { handleDescribeTopicPartitions } from './describe-topic-partitions.ts';
import { handleEndTxn } from './end-txn.ts';
import { handleFetch } from './fetch.ts';
import { handleFindCoordinator } from './find-coordinator.ts';
import { handleGetTelemetrySubscriptions } from './get-telemetry-subscriptions.ts';
import { handleHeartbeat } from './heartbeat.ts';
import { handleInitProducerId } from './init-producer-id.ts';
import { handleJoinGroup } from './join-group.ts';
import { handleLeaveGroup } from './leave-group.ts';
import { handleListGroups } from './list-groups.ts';
import { handleListOffsets } from './list-offsets.ts';
import { handleMetadata } from './metadata.ts';
import { handleOffsetCommit } from './offset-commit.ts';
import { handleOffsetDelete } from './offset-delete.ts';
import { handleOffsetFetch } from './offset-fetch.ts';
import { handleOffsetForLeaderEpoch } from './offset-for-leader-epoch.ts';
import { handleProduce } from './produce.ts';
import { handleSyncGroup } from './sync-group.ts';
import { handleTxnOffsetCommit } from './txn-offset-commit.ts';

const answered: readonly AnsweredApi[] = [
  handleProduce,
  handleFetch,
  handleListOffsets,
  handleMetadata,
  handleOffsetCommit,
  handleOffsetFetch,
  handleFindCoordinator,
  handleJoinGroup,
  handleHeartbeat,
  handleLeaveGroup,
  handleSyncGroup,
  answerApiVersions(() => answered),
  handleCreateTopics,
  handleInitProducerId,
  handleAlterConfigs,
  handleIncrementalAlterConfigs,
  handleAddOffsetsToTxn,
  handleAddPartitionsToTxn,
  handleConsumerGroupDescribe,
  handleConsumerGroupHeartbeat,
  handleCreatePartitions,
  handleDeleteGroups,
  handleDeleteRecords,
  handleDeleteTopics,
  handleDescribeCluster,
  handleDescribeConfigs,
  handleDescribeGroups,
  handleDescribeTopicPartitions,
  handleEndTxn,
  handleGetTelemetrySubscriptions,
  handleListGroups,
  handleOffsetDelete,
  handleOffsetForLeaderEpoch,
  handleTxnOffsetCommit,
];

export const answeredApis: ReadonlyMap<number, AnsweredApi> = new Map(answered.map((api) => [api.key, api]));
