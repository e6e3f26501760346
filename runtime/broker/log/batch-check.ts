/** What a produced record set must be before it may be appended; the error codes are those of Apache Kafka 4.3. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import {
  attributeBits,
  BatchHeader,
  batchLayout,
  codecs,
  lengthOverhead,
} from '../../protocol/records/batch-header.ts';
import { crc32c } from '../../protocol/records/crc32c.ts';
import { decodeBatch } from '../../protocol/records/record-batch.ts';

/** The topic settings that appending looks at. */
export interface AppendRules {
  /** `max.message.bytes`: of a whole batch, compressed. */
  readonly maxBatchBytes: number;
  readonly timestampType: 'create' | 'logAppend';
  /** `message.timestamp.after.max.ms`: how far a record's own time may lie in the future. */
  readonly futureMsMax: number;
  /** Compacted topics take no record without a key. */
  readonly keyed: boolean;
}

/** What a local producer is trusted to unpack to. */
const decompressedBytesMax = 256 * 1024 * 1024;

export type BatchCheck =
  | { readonly kind: 'accepted'; readonly header: BatchHeader }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string };

/**
 * @param records one record batch and nothing else, as every client since Kafka 0.11 sends per partition
 * @param wallTime now, milliseconds since 1970
 */
export function checkBatch(records: Buffer, rules: AppendRules, wallTime: number): BatchCheck {
  if (records.length < batchLayout.records) {
    // The magic byte is at the same place in all formats; older ones have shorter headers.
    const isOld = records.length > batchLayout.magic && records[batchLayout.magic]! < 2;
    if (isOld) return refused(kafkaErrors.INVALID_RECORD, oldFormat(records[batchLayout.magic]!));
    return refused(kafkaErrors.INVALID_RECORD, `expected a record batch, found ${records.length} bytes`);
  }
  const magic = records[batchLayout.magic]!;
  if (magic < 2) return refused(kafkaErrors.INVALID_RECORD, oldFormat(magic));
  if (magic > 2) return refused(kafkaErrors.CORRUPT_MESSAGE, `record batch format ${magic} is not known`);
  const byteLength = records.readInt32BE(batchLayout.length) + lengthOverhead;
  if (byteLength < batchLayout.records || byteLength > records.length) {
    return refused(kafkaErrors.INVALID_RECORD, `the batch claims ${byteLength} bytes, ${records.length} arrived`);
  }
  if (byteLength < records.length) {
    return refused(kafkaErrors.INVALID_RECORD, 'a partition takes exactly one record batch per produce request');
  }
  if (byteLength > rules.maxBatchBytes) {
    const message = `${byteLength} bytes are above max.message.bytes (${rules.maxBatchBytes})`;
    return refused(kafkaErrors.MESSAGE_TOO_LARGE, message);
  }
  if (crc32c(records.subarray(batchLayout.attributes)) !== records.readUInt32BE(batchLayout.crc)) {
    return refused(kafkaErrors.CORRUPT_MESSAGE, 'the CRC of the record batch does not match its bytes');
  }
  const header = new BatchHeader(records, 0);
  const checked = checkHeader(header, rules, wallTime);
  return checked.kind === 'accepted' && rules.keyed ? checkKeys(records, header) : checked;
}

function checkHeader(header: BatchHeader, rules: AppendRules, wallTime: number): BatchCheck {
  const codec = header.attributes & attributeBits.codec;
  if (codec >= codecs.length) return refused(kafkaErrors.UNSUPPORTED_COMPRESSION_TYPE, `codec ${codec} is not known`);
  if (header.control) {
    return refused(kafkaErrors.INVALID_RECORD, 'clients may not write control batches');
  }
  if (header.recordCount <= 0 || header.lastOffsetDelta !== header.recordCount - 1) {
    return refused(kafkaErrors.INVALID_RECORD, `${header.recordCount} records do not fit the offsets of the batch`);
  }
  if (header.transactional && header.producerId < 0) {
    return refused(kafkaErrors.INVALID_RECORD, 'a transactional batch needs a producer id');
  }
  const latest = wallTime + rules.futureMsMax;
  if (rules.timestampType === 'create' && header.maxTimestamp > latest) {
    const message = `timestamp ${header.maxTimestamp} is after ${latest} (message.timestamp.after.max.ms)`;
    return refused(kafkaErrors.INVALID_TIMESTAMP, message);
  }
  return { kind: 'accepted', header };
}

function checkKeys(records: Buffer, header: BatchHeader): BatchCheck {
  try {
    const batch = decodeBatch(records, 0, header, decompressedBytesMax);
    for (let i = 0; i < batch.count; i++) {
      if (batch.keyAt(i) !== null) continue;
      return refused(kafkaErrors.INVALID_RECORD, 'a compacted topic takes no record without a key');
    }
    return { kind: 'accepted', header };
  } catch (error) {
    return refused(kafkaErrors.CORRUPT_MESSAGE, `the record batch cannot be unpacked: ${(error as Error).message}`);
  }
}

function oldFormat(magic: number): string {
  return `record format ${magic} is not supported, only format 2 (clients since Kafka 0.11 write it)`;
}

function refused(errorCode: number, message: string): BatchCheck {
  return { kind: 'refused', errorCode, message };
}
