/**
 * What a broker answers, from the bytes of the socket on: frames are put together from chunks, the header and the body
 * are read as the version says, and what is inside a body is read by those who read it in the engine.
 *
 *   input    api key int16, version int16, then the bytes of the connection
 */
import { splitRecords } from '../../../runtime/consumer/record-sets.ts';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';
import { ProgressPool } from '../../../runtime/core/progress.ts';
import type { Random } from '../../../runtime/core/random.ts';
import { FrameAssembler } from '../../../runtime/kafka/frame-assembler.ts';
import type { Api, ResponseOf } from '../../../runtime/protocol/api.ts';
import { apisByKey } from '../../../runtime/protocol/apis.ts';
import { readAssignment, readSubscription } from '../../../runtime/protocol/consumer-protocol.ts';
import { fetch } from '../../../runtime/protocol/fetch.ts';
import { responseHasTags, skipTags } from '../../../runtime/protocol/frame.ts';
import { joinGroup } from '../../../runtime/protocol/join-group.ts';
import { Reader } from '../../../runtime/protocol/reader.ts';
import { syncGroup } from '../../../runtime/protocol/sync-group.ts';
import { SamplingWords, sampleOf } from '../../../test/unit/protocol/sampling-words.ts';
import { chance, noise, pick, whole } from '../choose.ts';
import { chunksOf } from '../chunks.ts';
import { mutate } from '../mutate.ts';
import { goldenResponses } from '../seeds.ts';
import type { Target } from '../target.ts';
import { oneBatch, refusedOrThrow } from './records.ts';

const apis = [...apisByKey.values()];
const responseBytesMax = 1024 * 1024;
const inputHeaderBytes = 4;
const pool = new ProgressPool();
const memory = new BytesPool();

export const responses: Target = {
  make(random) {
    const { apiKey, apiVersion, bytes } = chance(random, 0.4) ? pick(random, goldenResponses) : madeResponse(random);
    const broken = chance(random, 0.1)
      ? bytes
      : mutate(
          random,
          bytes,
          goldenResponses.map((other) => other.bytes),
        );
    const input = Buffer.alloc(inputHeaderBytes + 4);
    input.writeInt16BE(apiKey, 0);
    input.writeInt16BE(apiVersion, 2);
    input.writeInt32BE(chance(random, 0.97) ? broken.length : whole(random, 2 ** 32) - 2 ** 31, inputHeaderBytes);
    return Buffer.concat([input, broken]);
  },
  run(input) {
    const api = apisByKey.get(input.readInt16BE(0))!;
    const version = input.readInt16BE(2);
    const frames: Buffer[] = [];
    const assembler = new FrameAssembler(responseBytesMax, (frame) => frames.push(frame));
    for (const chunk of chunksOf(input.subarray(inputHeaderBytes)))
      if (assembler.push(chunk) !== null) return 'refused';
    try {
      for (const frame of frames) read(api, version, frame);
      return frames.length > 0 ? 'accepted' : 'refused';
    } catch (error) {
      return refusedOrThrow(error);
    }
  },
};

function madeResponse(random: Random) {
  const api = pick(random, apis);
  const [min, max] = api.versions;
  const apiVersion = min + whole(random, max - min + 1);
  const head = Buffer.alloc(responseHasTags(api.key, api.isFlexible(apiVersion)) ? 5 : 4);
  if (chance(random, 0.1))
    return { apiKey: api.key, apiVersion, bytes: Buffer.concat([head, noise(random, whole(random, 100))]) };
  const value = sampleOf(api.response(new SamplingWords(api.isFlexible(apiVersion)), apiVersion), random);
  if (api.key === fetch.key) fillRecords(random, value as ResponseOf<typeof fetch>);
  return { apiKey: api.key, apiVersion, bytes: Buffer.concat([head, api.writeResponse(value, apiVersion)]) };
}

/** Random bytes would never be a batch. */
function fillRecords(random: Random, { topics }: ResponseOf<typeof fetch>): void {
  for (const { partitions } of topics) {
    for (const partition of partitions as readonly { records: Buffer | null }[]) partition.records = oneBatch(random);
  }
}

function read(api: Api<unknown, unknown>, version: number, frame: Buffer): void {
  const reader = new Reader(frame, 4);
  reader.int32();
  if (responseHasTags(api.key, api.isFlexible(version))) skipTags(reader);
  const response = api.readResponse(reader, version);
  if (api.key === fetch.key) readFetched(response as ResponseOf<typeof fetch>);
  if (api.key === joinGroup.key)
    for (const { metadata } of (response as ResponseOf<typeof joinGroup>).members) readSubscription(metadata);
  if (api.key === syncGroup.key) readAssignment((response as ResponseOf<typeof syncGroup>).assignment);
}

function readFetched({ topics }: ResponseOf<typeof fetch>): void {
  for (const { partitions } of topics) {
    for (const { partition, records, abortedTransactions } of partitions) {
      if (records === null) continue;
      const asked = { topic: 'orders', partition, epoch: 1, position: 0, records, aborted: abortedTransactions ?? [] };
      for (const { progress } of splitRecords(asked, pool, memory).sets) pool.give(progress);
    }
  }
}
