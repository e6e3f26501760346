/**
 * The decoder of record batches, as a handler thread uses it: a record set of whole batches, each read to its last
 * header. Most inputs get a right checksum again after they are broken, since nothing behind it would be reached else.
 */

import type { Random } from '../../../runtime/core/random.ts';
import type { Compression } from '../../../runtime/core/settings.ts';
import { ProtocolError } from '../../../runtime/protocol/reader.ts';
import {
  batchLayout,
  codecs,
  lengthOverhead,
  readBatchHeader,
} from '../../../runtime/protocol/records/batch-header.ts';
import { type RecordToWrite, writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { compress } from '../../../runtime/protocol/records/compression.ts';
import { crc32c } from '../../../runtime/protocol/records/crc32c.ts';
import { controlType, decodeBatch, type RecordBatch } from '../../../runtime/protocol/records/record-batch.ts';
import { chance, noise, pick, whole } from '../choose.ts';
import { mutate } from '../mutate.ts';
import { goldenBatches } from '../seeds.ts';
import type { Outcome, Target } from '../target.ts';

/** As small as `batch.maxDecompressed` may be chosen is enough here: what is larger must be refused. */
const unpackedBytesMax = 128 * 1024;
const headerName = Buffer.from('event_type');
const headerValue = Buffer.from('OrderPlaced');

export const records: Target = {
  make(random) {
    const count = chance(random, 0.7) ? 1 : 1 + whole(random, 4);
    return Buffer.concat(Array.from({ length: count }, () => oneBatch(random)));
  },
  run(input) {
    try {
      readAll(input);
      return 'accepted';
    } catch (error) {
      return refusedOrThrow(error);
    }
  },
};

export function refusedOrThrow(error: unknown): Outcome {
  if (error instanceof ProtocolError) return 'refused';
  throw error;
}

/** Broken in one of its layers: the whole, the packed records, the records before packing; or not at all. */
export function oneBatch(random: Random): Buffer {
  const batch = chance(random, 0.5) ? pick(random, goldenBatches) : madeBatch(random);
  const kind = random();
  if (kind < 0.1) return batch;
  if (kind < 0.2) return noise(random, whole(random, 200));
  if (kind < 0.4) return mutate(random, batch, goldenBatches);
  if (kind < 0.7) return withRecords(batch, mutate(random, batch.subarray(batchLayout.records), goldenBatches));
  if (kind < 0.72) return withOddHeader(random, batch);
  if (kind < 0.76) return withRecords(batch, bomb(random, codecOf(batch)));
  if (kind < 0.9) return repacked(random, batch);
  return withRightChecksum(mutate(random, batch, goldenBatches));
}

/** One field of the header at its limit. */
function withOddHeader(random: Random, batch: Buffer): Buffer {
  const odd = Buffer.from(batch);
  odd.writeInt32BE(
    pick(random, [-1, 0, 1, 2 ** 31 - 1, -(2 ** 31), 2 ** 20]),
    pick(random, Object.values(batchLayout)),
  );
  return withRightChecksum(odd);
}

function madeBatch(random: Random): Buffer {
  const made = Array.from(
    { length: 1 + whole(random, 20) },
    (): RecordToWrite => ({
      key: chance(random, 0.2) ? null : noise(random, whole(random, 20)),
      value: chance(random, 0.2) ? null : noise(random, whole(random, pick(random, [4, 40, 3000]))),
      headers: chance(random, 0.5)
        ? []
        : [
            ['event_type', headerValue],
            ['', null],
            ['ü', noise(random, whole(random, 300))],
          ],
      timestamp: whole(random, 2 ** 41),
    }),
  );
  const codec = pick(random, codecs);
  return writeBatch({ records: made, codec, baseOffset: whole(random, 2 ** 40), control: chance(random, 0.1) });
}

function codecOf(batch: Buffer): Compression {
  return codecs[batch[batchLayout.attributes + 1]! & 7] ?? 'none';
}

/** Right bytes for the codec, wrong ones for the decoder of records. */
function repacked(random: Random, batch: Buffer): Buffer {
  const plain = madeBatch(random);
  const inner = mutate(random, plain.subarray(batchLayout.records), goldenBatches);
  const codec = pick(random, codecs);
  const again = withRecords(batch, compress(codec, inner));
  again.writeInt16BE(codecs.indexOf(codec), batchLayout.attributes);
  again.writeInt32BE(plain.readInt32BE(batchLayout.recordCount), batchLayout.recordCount);
  again.writeInt32BE(plain.readInt32BE(batchLayout.lastOffsetDelta), batchLayout.lastOffsetDelta);
  return withRightChecksum(again);
}

/** A few hundred bytes that unpack to twice what is allowed. */
const bombs = new Map(codecs.map((codec) => [codec, compress(codec, Buffer.alloc(2 * unpackedBytesMax))]));

function bomb(random: Random, codec: Compression): Buffer {
  const packed = bombs.get(codec)!;
  return chance(random, 0.5) || codec === 'none' ? packed : mutate(random, packed, []);
}

function withRecords(batch: Buffer, packed: Buffer): Buffer {
  return withRightChecksum(Buffer.concat([batch.subarray(0, batchLayout.records), packed]));
}

/** Length and checksum are made to fit. @param batch is changed */
function withRightChecksum(batch: Buffer): Buffer {
  if (batch.length < batchLayout.records) return batch;
  batch.writeInt32BE(batch.length - lengthOverhead, batchLayout.length);
  batch.writeUInt32BE(crc32c(batch.subarray(batchLayout.attributes)), batchLayout.crc);
  return batch;
}

function readAll(set: Buffer): void {
  for (let at = 0; at < set.length; ) {
    const header = readBatchHeader(set, at);
    if (header === null) return;
    readRecords(decodeBatch(set, at, header, unpackedBytesMax, headerName));
    at += header.length;
  }
}

function readRecords(batch: RecordBatch): void {
  for (let i = 0; i < batch.count; i++) {
    batch.offsetAt(i);
    batch.timestampAt(i);
    batch.valueAt(i);
    batch.latin1KeyAt(i);
    controlType(batch.keyAt(i));
    for (const [, value] of batch.headersAt(i)) value?.at(0);
    // Two readings of the same header, one of them in place: they have to agree.
    const found = batch.headerAt(i, headerName) ?? Buffer.alloc(0);
    if (batch.notedEquals(i, headerValue) !== found.equals(headerValue)) {
      throw new Error(`record ${i}: notedEquals and headerAt do not agree`);
    }
  }
}
