/** Where a broker keeps what must survive it: nowhere (memory), or in a folder (`folder-store.ts`). */
import type { Partition } from '../log/partition.ts';
import type { LogStore } from '../log/partition-log.ts';
import { emptyState, type JournalEntry, type SavedState } from './saved-state.ts';

export type { JournalEntry, SavedOffset, SavedState, SavedTopic } from './saved-state.ts';

export interface BrokerStore {
  /** What was there when the store was opened. */
  readonly saved: SavedState;
  /** Keeps a change before it takes effect. @throws what the file system throws; then nothing may change */
  record(entry: JournalEntry): void;
  /** Where the records of a partition go besides memory; null for nowhere. Opened once per partition. */
  openLog(topicId: string, partition: number): LogStore | null;
  /** Hands the batches that were kept, and the log's start, to the partition. */
  restoreLog(topicId: string, partition: number, into: Partition): void;
  dropTopic(topicId: string): void;
  close(): void;
}

export const memoryStore: BrokerStore = {
  saved: emptyState,
  record: () => {},
  openLog: () => null,
  restoreLog: () => {},
  dropTopic: () => {},
  close: () => {},
};
