/**
 * Calls handlers once per record, also when the record comes again: `dedupe` of the manifest. What is common to all its
 * stores; which store is opened is decided here.
 */
import { basename, dirname, extname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { FromThread, ThreadStart } from '../core/thread-messages.ts';
import type { Fn } from '../handler/define-handlers.ts';
import { BestEffortDedupe } from './best-effort-dedupe.ts';
import type { HandlerFunction, HandlerModule } from './check-handlers.ts';
import { MemoryMarks } from './memory-marks.ts';
import { loadModuleMarks } from './module-marks.ts';
import { StoreWatch } from './store-watch.ts';

export interface Dedupe {
  /**
   * @param handler names the module in the marks
   * @returns the function to be called instead; it fails with `StoreDown` when nobody can say whether the record is new
   */
  around(handle: HandlerFunction, handler: string): Fn;
  /** Calls that were left out, since the last time. */
  takeDuplicates(): number;
  /** The partition was taken away. */
  forget(partition: TopicPartition): void;
  /** No call is under way any more. */
  close(): Promise<void>;
}

/**
 * Before the first record; connects to nothing yet.
 * @returns null for a group without `dedupe` @throws TypeError for a module that is none
 */
export async function openDedupe({ group, thread, maxRunning }: ThreadStart, clock: Clock): Promise<Dedupe | null> {
  if (group.dedupe === null) return null;
  const { by, store } = group.dedupe;
  switch (store.kind) {
    case 'memory':
      return new BestEffortDedupe(by, new MemoryMarks(store, clock));
    case 'module':
      return new BestEffortDedupe(by, await loadModuleMarks(store.file, group.name));
    // Loaded only where they are asked for: most groups have no database.
    case 'sqlite': {
      const { SqliteMarks } = await import('./sqlite-marks.ts');
      return new BestEffortDedupe(by, new SqliteMarks(store, clock));
    }
    case 'sql': {
      const { SqlDedupe } = await import('./sql-dedupe.ts');
      return new SqlDedupe({ group: group.name, by, store, thread, maxRunning, clock });
    }
    default:
      return store satisfies never;
  }
}

/** @param modules all of the group @returns the same, with every handler that takes part called through `dedupe` */
export function deduplicated(
  modules: readonly HandlerModule[],
  dedupe: Dedupe | null,
  post: (message: FromThread) => void,
): readonly HandlerModule[] {
  if (dedupe === null) return modules;
  const watch = new StoreWatch(post);
  const names = moduleNames(modules.map(({ file }) => file));
  return modules.map((module, index) => {
    const name = names[index]!;
    const around = (one: HandlerFunction): HandlerFunction =>
      one.dedupe ? { ...one, handle: watch.around(dedupe.around(one, name)) } : one;
    return {
      ...module,
      byType: new Map([...module.byType].map(([type, one]) => [type, around(one)])),
      any: module.any === null ? null : around(module.any),
    };
  });
}

/**
 * What a module is called in marks: its file without folder and ending, as another machine has it in another folder, and
 * a build gives it another ending. Folders come before it where two would be the same.
 * @param files absolute, each one once
 */
export function moduleNames(files: readonly string[]): readonly string[] {
  const steps = files.map((file) => {
    const name = basename(file, extname(file));
    return [...dirname(file).split('/').filter(Boolean), name];
  });
  return steps.map((own) => {
    for (let length = 1; length < own.length; length++) {
      const name = own.slice(-length).join('/');
      if (steps.every((other) => other === own || other.slice(-length).join('/') !== name)) return name;
    }
    return own.join('/');
  });
}
