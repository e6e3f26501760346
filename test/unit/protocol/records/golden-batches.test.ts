// Batches that other clients wrote and a real broker kept: they decode, and written again they are the same bytes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type BatchHeader, readBatchHeader } from '../../../../runtime/protocol/records/batch-header.ts';
import { writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';
import { crc32c } from '../../../../runtime/protocol/records/crc32c.ts';
import { decodeBatch, type RecordBatch } from '../../../../runtime/protocol/records/record-batch.ts';

interface Frame {
  readonly api: string;
  readonly kind: 'request' | 'response';
  readonly client: string;
  readonly hex: string;
}

interface Found {
  readonly client: string;
  readonly bytes: Buffer;
  readonly header: BatchHeader;
}

const golden = new URL('../../../golden/frames.json', import.meta.url);
const { frames } = JSON.parse(readFileSync(golden, 'utf8')) as { readonly frames: readonly Frame[] };
const batches = frames
  .filter(({ api, kind }) => (api === 'Produce' && kind === 'request') || (api === 'Fetch' && kind === 'response'))
  .flatMap(({ client, hex }) => findBatches(client, Buffer.from(hex, 'hex')));

/** Wherever a checksum is right, there is a batch: the frames around them are not this test's business. */
function findBatches(client: string, frame: Buffer): readonly Found[] {
  const found: Found[] = [];
  for (let at = 0; at + 61 <= frame.length; at++) {
    if (frame[at + 16] !== 2 || frame.readInt32BE(at + 8) < 49) continue;
    const length = frame.readInt32BE(at + 8) + 12;
    const bytes = frame.subarray(at, at + length);
    if (bytes.length < length || crc32c(bytes.subarray(21)) !== bytes.readUInt32BE(17)) continue;
    found.push({ client, bytes, header: readBatchHeader(bytes, 0)! });
  }
  return found;
}

test('the file holds batches of every client', () => {
  expect(new Set(batches.map(({ client }) => client))).toEqual(
    new Set(['aiokafka', 'kcat', 'kafkajs', 'java', 'java-kip848']),
  );
});

test.each(batches.map((found, i) => [i, found.client, found.header.codec, found] as const))('%i %s %s', (...args) => {
  const { bytes, header } = args[3];
  const batch = decodeBatch(bytes, 0, header, 1 << 20);
  expect(batch.count).toBe(header.recordCount);
  const again = rewrite(batch);
  // Compressed bytes differ between libraries, what is in them does not.
  if (header.codec === 'none') expect(again.toString('hex')).toBe(bytes.toString('hex'));
  else expect(records(decodeBatch(again, 0, readBatchHeader(again, 0)!, 1 << 20))).toEqual(records(batch));
});

function records(batch: RecordBatch) {
  return Array.from({ length: batch.count }, (_, i) => ({
    key: batch.keyAt(i),
    value: batch.valueAt(i),
    headers: batch.headersAt(i),
    timestamp: batch.timestampAt(i),
    offsetDelta: batch.offsetAt(i) - batch.header.baseOffset,
  }));
}

function rewrite(batch: RecordBatch): Buffer {
  const { baseOffset, codec, producerId, producerEpoch, baseSequence, partitionLeaderEpoch, transactional, control } =
    batch.header;
  const header = { baseOffset, codec, producerId, producerEpoch, baseSequence, partitionLeaderEpoch };
  return writeBatch({ ...header, transactional, control, records: records(batch) });
}
