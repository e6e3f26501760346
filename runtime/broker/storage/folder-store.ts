/**
 * Keeps a broker in a folder:
 *
 *   journal.jsonl              topics, committed offsets, producer ids: one entry per line (`saved-state.ts`)
 *   <topic id>-<partition>.log the record batches of a partition (`segment-file.ts`)
 *
 * Whatever a crash cut off at the end of a file is dropped when the folder is opened again. Data is handed to the
 * operating system at each write and not flushed: it survives the process, not a power cut.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { makeFolder } from '../../core/make-folder.ts';
import type { BrokerStore } from './broker-store.ts';
import { Journal } from './journal.ts';
import { compacted, type JournalEntry, savedState } from './saved-state.ts';
import { SegmentFile } from './segment-file.ts';

/** @throws UsageError `RT_ENVIRONMENT` when the folder cannot be made, read or written */
export function openFolderStore(dir: string): BrokerStore {
  try {
    makeFolder(resolve(dir));
    const journal = new Journal<JournalEntry>(join(dir, 'journal.jsonl'), compacted);
    return folderStore(dir, journal);
  } catch (cause) {
    throw new UsageError(
      'RT_ENVIRONMENT',
      `the embedded broker cannot keep its data in ${dir} (${(cause as Error).message}); choose a folder that this user may write`,
      { retryable: false, cause },
    );
  }
}

function folderStore(dir: string, journal: Journal<JournalEntry>): BrokerStore {
  const saved = savedState(journal.opened);
  const files = new Map<string, SegmentFile>();
  const fileName = (topicId: string, partition: number): string => `${topicId}-${partition}.log`;
  removeStrays(dir, new Set(saved.topics.flatMap((t) => partitionsOf(t).map((p) => fileName(t.id, p)))));
  return {
    saved,
    record: (entry) => journal.append(entry),
    openLog: (topicId, partition) => {
      const name = fileName(topicId, partition);
      const file = new SegmentFile(join(dir, name));
      files.set(name, file);
      return file;
    },
    restoreLog: (topicId, partition, into) => {
      for (const batch of files.get(fileName(topicId, partition))?.recover() ?? []) into.restore(batch);
      const start = saved.logStarts.find((s) => s.topicId === topicId && s.partition === partition);
      if (start !== undefined) into.deleteBefore(start.offset);
    },
    dropTopic: (topicId) => {
      for (const [name, file] of files) {
        if (!name.startsWith(`${topicId}-`)) continue;
        file.remove();
        files.delete(name);
      }
    },
    close: () => {
      journal.close();
      for (const file of files.values()) file.close();
    },
  };
}

function partitionsOf({ partitions }: { readonly partitions: number }): readonly number[] {
  return Array.from({ length: partitions }, (_, partition) => partition);
}

/** Logs of topics that were deleted while a crash came between. */
function removeStrays(dir: string, wanted: ReadonlySet<string>): void {
  for (const name of readdirSync(dir)) {
    if (/^[0-9a-f]{32}-\d+\.log$/.test(name) && !wanted.has(name)) rmSync(join(dir, name));
  }
}
