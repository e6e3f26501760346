/** One batch of a partition's queue: its records, its numbers, and how often it went out. Only the queue changes it. */
import type { Pending } from './queued-record.ts';

/** A batch in the hands of the sender. */
export interface Batch {
  readonly records: readonly Pending[];
  readonly size: number;
}

export interface OpenBatch extends Batch {
  records: Pending[];
  size: number;
  /** Of its first record; null until it is encoded, and again when it is to be numbered anew. */
  sequence: number | null;
  bytes: Buffer | null;
  /** How often it went out. */
  sends: number;
  /** How often it came back with an error that counts. */
  retries: number;
  inFlight: boolean;
  /** It may have been written, and we were not told. */
  unsure: boolean;
}

const sequenceMask = 0x7fffffff; // after 2^31-1 comes 0

/** The sequence so many records after another one. */
export function after(sequence: number, records: number): number {
  return (sequence + records) & sequenceMask;
}

export function newBatch(records: Pending[]): OpenBatch {
  const size = sizeOf(records);
  return { records, size, sequence: null, bytes: null, sends: 0, retries: 0, inFlight: false, unsure: false };
}

/** @param batch of two records at least @returns the same records with the same sequences, as two batches */
export function halvesOf({ records, sequence, sends, retries, unsure }: OpenBatch): readonly [OpenBatch, OpenBatch] {
  const middle = records.length >>> 1;
  const rest = { sends, retries, unsure };
  return [
    { ...newBatch(records.slice(0, middle)), ...rest, sequence },
    { ...newBatch(records.slice(middle)), ...rest, sequence: sequence === null ? null : after(sequence, middle) },
  ];
}

/** Takes the records out whose deadline has passed. */
export function takeLate(batch: OpenBatch, now: number): readonly Pending[] {
  const late = batch.records.filter((pending) => pending.deadline <= now);
  batch.records = batch.records.filter((pending) => pending.deadline > now);
  batch.size = sizeOf(batch.records);
  return late;
}

function sizeOf(records: readonly Pending[]): number {
  return records.reduce((sum, pending) => sum + pending.size, 0);
}
