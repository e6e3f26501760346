/**
 * Neighbours of one type can change places in a description without any round trip noticing. Here the bytes of such
 * messages are put together field by field, in the order of Kafka's message definitions.
 */
import { expect, test } from 'vitest';
import type { Api } from '../../../runtime/protocol/api.ts';
import { fetch } from '../../../runtime/protocol/fetch.ts';
import { joinGroup } from '../../../runtime/protocol/join-group.ts';
import { listOffsets } from '../../../runtime/protocol/list-offsets.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { offsetCommit } from '../../../runtime/protocol/offset-commit.ts';
import { produce } from '../../../runtime/protocol/produce.ts';
import { Reader } from '../../../runtime/protocol/reader.ts';

const int8 = (value: number) => hex(1, (bytes) => bytes.writeInt8(value));
const int16 = (value: number) => hex(2, (bytes) => bytes.writeInt16BE(value));
const int32 = (value: number) => hex(4, (bytes) => bytes.writeInt32BE(value));
const int64 = (value: number) => hex(8, (bytes) => bytes.writeBigInt64BE(BigInt(value)));
const string = (text: string) => int16(text.length) + Buffer.from(text).toString('hex');
const array = (...elements: string[]) => int32(elements.length) + elements.join('');
const none = 'ffff';

test('a fetched partition', () => {
  const partition =
    int32(1) + int16(2) + int64(3) + int64(4) + int64(5) + array(int64(6) + int64(7)) + int32(8) + int32(-1);
  const response = int32(10) + int16(11) + int32(12) + array(string('t') + array(partition));
  expect(readResponse(fetch, 11, response).topics[0]?.partitions[0]).toMatchObject({
    partition: 1,
    errorCode: 2,
    highWatermark: 3,
    lastStableOffset: 4,
    logStartOffset: 5,
    abortedTransactions: [{ producerId: 6, firstOffset: 7 }],
    preferredReadReplica: 8,
    records: null,
  });
  expect(readResponse(fetch, 11, response)).toMatchObject({ throttleTimeMs: 10, errorCode: 11, sessionId: 12 });
});

test('a fetch request', () => {
  const partition = int32(11) + int32(12) + int64(13) + int64(14) + int32(15);
  const head = int32(1) + int32(2) + int32(3) + int32(4) + int8(5) + int32(6) + int32(7);
  const request = head + array(string('t') + array(partition)) + array(string('f') + array(int32(16))) + string('rack');
  expect(readRequest(fetch, 11, request)).toMatchObject({
    replicaId: 1,
    maxWaitMs: 2,
    minBytes: 3,
    maxBytes: 4,
    isolationLevel: 5,
    sessionId: 6,
    sessionEpoch: 7,
    topics: [
      {
        name: 't',
        partitions: [{ partition: 11, currentLeaderEpoch: 12, offset: 13, logStartOffset: 14, maxBytes: 15 }],
      },
    ],
    forgottenTopics: [{ name: 'f', partitions: [16] }],
    rackId: 'rack',
  });
});

test('metadata of brokers and partitions', () => {
  const broker = int32(1) + string('host') + int32(9092) + string('rack');
  const partition = int16(2) + int32(3) + int32(4) + int32(5) + array(int32(6)) + array(int32(7)) + array(int32(8));
  const topic = int16(9) + string('t') + int8(1) + array(partition);
  const response = int32(10) + array(broker) + string('cluster') + int32(11) + array(topic);
  expect(readResponse(metadata, 7, response)).toMatchObject({
    throttleTimeMs: 10,
    brokers: [{ nodeId: 1, host: 'host', port: 9092, rack: 'rack' }],
    clusterId: 'cluster',
    controllerId: 11,
    topics: [
      {
        errorCode: 9,
        name: 't',
        internal: true,
        partitions: [
          { errorCode: 2, partition: 3, leader: 4, leaderEpoch: 5, replicas: [6], isr: [7], offlineReplicas: [8] },
        ],
      },
    ],
  });
});

test('a produced partition', () => {
  const recordError = int32(6) + string('bad');
  const partition = int32(1) + int16(2) + int64(3) + int64(4) + int64(5) + array(recordError) + string('worse');
  expect(readResponse(produce, 8, array(string('t') + array(partition)) + int32(7))).toMatchObject({
    topics: [
      {
        partitions: [
          {
            partition: 1,
            errorCode: 2,
            baseOffset: 3,
            logAppendTimeMs: 4,
            logStartOffset: 5,
            recordErrors: [{ batchIndex: 6, errorMessage: 'bad' }],
            errorMessage: 'worse',
          },
        ],
      },
    ],
    throttleTimeMs: 7,
  });
});

test('a listed offset', () => {
  const partition = int32(1) + int16(2) + int64(3) + int64(4) + int32(5);
  expect(
    readResponse(listOffsets, 4, int32(6) + array(string('t') + array(partition))).topics[0]?.partitions,
  ).toMatchObject([{ partition: 1, errorCode: 2, timestamp: 3, offset: 4, leaderEpoch: 5 }]);
});

test('a committed offset', () => {
  const partition = int32(1) + int64(2) + int32(3) + string('note');
  const request = string('group') + int32(4) + string('member') + string('me') + array(string('t') + array(partition));
  expect(readRequest(offsetCommit, 7, request)).toMatchObject({
    groupId: 'group',
    generation: 4,
    memberId: 'member',
    instanceId: 'me',
    topics: [{ name: 't', partitions: [{ partition: 1, offset: 2, leaderEpoch: 3, metadata: 'note' }] }],
  });
});

test('joining a group', () => {
  const request = string('group') + int32(1) + int32(2) + string('member') + none + string('consumer') + array();
  expect(readRequest(joinGroup, 5, request)).toMatchObject({
    groupId: 'group',
    sessionTimeoutMs: 1,
    rebalanceTimeoutMs: 2,
    memberId: 'member',
    instanceId: null,
    protocolType: 'consumer',
  });
  const answered = int32(1) + int16(2) + int32(3) + string('range') + string('leader') + string('member') + array();
  expect(readResponse(joinGroup, 5, answered)).toMatchObject({
    throttleTimeMs: 1,
    errorCode: 2,
    generation: 3,
    protocolName: 'range',
    leader: 'leader',
    memberId: 'member',
  });
});

function hex(length: number, fill: (bytes: Buffer) => void): string {
  const bytes = Buffer.alloc(length);
  fill(bytes);
  return bytes.toString('hex');
}

function readRequest<Req, Res>(api: Api<Req, Res>, version: number, body: string): Req {
  return api.readRequest(new Reader(Buffer.from(body, 'hex')), version);
}

function readResponse<Req, Res>(api: Api<Req, Res>, version: number, body: string): Res {
  return api.readResponse(new Reader(Buffer.from(body, 'hex')), version);
}
