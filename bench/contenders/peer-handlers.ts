/**
 * The handler of a workload as a peer calls it: with what kafkajs and its like hand out. It stands beside our form of it,
 * in `handlers/<name>.ts`, so that anybody can see that both do the same.
 */
import type { Job } from '../job.ts';

export interface PeerHandlers {
  /** Counts the record with `handled()` when it is done. */
  readonly raw: (record: RawRecord) => void | Promise<void>;
  /** Where a whole batch at once is the usual way. */
  readonly rawBatch?: (records: readonly RawRecord[]) => Promise<void>;
  /** Before the first call. @returns closes what it opened */
  readonly open?: (job: Pick<Job, 'brokers'>) => Promise<() => Promise<void>>;
}

export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export async function loadPeerHandlers(job: Job): Promise<PeerHandlers & { readonly close: () => Promise<void> }> {
  const module = (await import(`../handlers/${job.handlers}.ts`)) as PeerHandlers;
  const close = (await module.open?.(job)) ?? (async () => {});
  return { ...module, close };
}
