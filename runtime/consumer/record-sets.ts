/**
 * Cuts what a fetch brought for one partition into record sets. Only batch headers are read.
 *
 *   response   [batch][batch][control][aborted][batch][ba      the last batch may be cut: it comes again
 *   set         └──copied──┘                   └copied┘        range: from the first to the last offset, gaps and all
 *
 * Left out are control batches and batches of aborted transactions; the position moves past them all the same. The
 * broker's list of aborted transactions is complete for the response that carries it, so nothing is remembered between
 * responses. A stretch of which nothing is left makes a set without bytes, so that the commit moves on.
 */
import type { BytesPool } from '../core/bytes-pool.ts';
import type { ProgressPool } from '../core/progress.ts';
import type { RecordSet, TopicPartition } from '../core/record-set.ts';
import { AbortedTransactions } from '../protocol/records/aborted-transactions.ts';
import { type BatchHeader, readBatchHeader } from '../protocol/records/batch-header.ts';

/** Bounds the bitmaps of a set when compaction has left few records in a wide range. A larger batch goes alone. */
const deltasMax = 65_536;
/** Large enough that a thread's task costs nothing per record, small enough that a thread can take turns. */
const setBytesMax = 1024 * 1024;

export interface FetchedPartition extends TopicPartition {
  readonly epoch: number;
  /** The offset that was asked for; the first batch may begin before it. */
  readonly position: number;
  /** The first offset that is not wanted; it may be in the middle of a batch. All are when it is missing. */
  readonly end?: number;
  readonly records: Buffer;
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[];
}

export interface SplitRecords {
  readonly sets: readonly RecordSet[];
  /** Where to read on. */
  readonly position: number;
}

/** The set that is being put together. */
interface Draft {
  readonly firstOffset: number;
  lastOffset: number;
  /** Stretches of the response to copy, each from its first byte up to, not including, its last. */
  readonly stretches: { readonly from: number; to: number }[];
  byteLength: number;
  recordCount: number;
}

let lastSetId = 0;

/** @throws ProtocolError when the bytes are no record batches */
export function splitRecords(fetched: FetchedPartition, pool: ProgressPool, bytes: BytesPool): SplitRecords {
  const { records, position, end: wantedEnd = Number.POSITIVE_INFINITY } = fetched;
  const aborted = new AbortedTransactions(fetched.aborted);
  const sets: RecordSet[] = [];
  let draft: Draft | null = null;
  let next = position;
  for (let at = 0; ; ) {
    const header = readBatchHeader(records, at);
    if (header === null || header.baseOffset >= wantedEnd) break;
    const end = at + header.length;
    const lastOffset = Math.min(header.lastOffset, wantedEnd - 1);
    if (lastOffset >= position) {
      const wanted = aborted.wanted(header, records, at);
      if (draft !== null && isFull(draft, header, wanted)) {
        sets.push(toSet(draft, fetched, pool, bytes));
        draft = null;
      }
      // The set that begins here ends later than what was left out before it, and so speaks for that too.
      if (draft?.byteLength === 0 && wanted) draft = null;
      draft ??= startDraft(header.baseOffset, lastOffset, wanted, position);
      draft.lastOffset = lastOffset;
      if (wanted) take(draft, header, at, end);
      next = lastOffset + 1;
    }
    at = end;
  }
  if (draft !== null) sets.push(toSet(draft, fetched, pool, bytes));
  return { sets, position: next };
}

function isFull(draft: Draft, header: BatchHeader, wanted: boolean): boolean {
  if (draft.byteLength === 0) return false;
  if (header.lastOffset - draft.firstOffset >= deltasMax) return true;
  return wanted && draft.byteLength + header.length > setBytesMax;
}

function startDraft(baseOffset: number, lastOffset: number, wanted: boolean, position: number): Draft {
  // Of a batch that is left out only the end matters.
  const firstOffset = wanted ? Math.max(baseOffset, position) : lastOffset;
  return { firstOffset, lastOffset, stretches: [], byteLength: 0, recordCount: 0 };
}

function take(draft: Draft, header: BatchHeader, from: number, to: number): void {
  const last = draft.stretches.at(-1);
  if (last?.to === from) last.to = to;
  else draft.stretches.push({ from, to });
  draft.byteLength += header.length;
  draft.recordCount += header.recordCount;
}

/** Copies into memory of the set's own: transferring the response would take the bytes of its other partitions along. */
function toSet(draft: Draft, fetched: FetchedPartition, pool: ProgressPool, memory: BytesPool): RecordSet {
  const { lastOffset, byteLength, recordCount } = draft;
  const firstOffset = byteLength === 0 ? lastOffset : draft.firstOffset;
  const bytes = memory.take(byteLength);
  const target = new Uint8Array(bytes);
  let at = 0;
  for (const { from, to } of draft.stretches) at += fetched.records.copy(target, at, from, to);
  return {
    id: ++lastSetId,
    topic: fetched.topic,
    partition: fetched.partition,
    epoch: fetched.epoch,
    firstOffset,
    lastOffset,
    bytes,
    byteLength,
    recordCount,
    progress: pool.take(lastOffset - firstOffset + 1),
  };
}
