/** `offsets: ./offsets.ts`: the module of the user that says where a partition begins. */
import { pathToFileURL } from 'node:url';
import type { TopicPartition } from '../core/record-set.ts';
import type { OffsetsModule } from '../handler/offsets-module.ts';

/** @returns the next offset to read; null where nothing was saved. Throws what the module throws, or a TypeError */
export type FindSaved = (partition: TopicPartition) => Promise<number | null>;

/** @throws TypeError for a module that is none, and what its import throws */
export async function loadSavedOffsets(file: string, group: string): Promise<FindSaved> {
  const { load } = (await import(pathToFileURL(file).href)) as Partial<OffsetsModule>;
  if (typeof load !== 'function') {
    throw new TypeError(`load is ${typeof load}; expected the export load({ group, topic, partition })`);
  }
  return async ({ topic, partition }) => {
    const answer = await load({ group, topic, partition });
    if (answer === null) return null;
    const isNumber = typeof answer === 'number' || typeof answer === 'bigint';
    const offset = isNumber ? Number(answer) : Number.NaN;
    if (Number.isSafeInteger(offset) && offset >= 0) return offset;
    const found = isNumber ? String(answer) : typeof answer;
    throw new TypeError(`load() gave ${found}; expected the next offset to read, a whole number from 0, or null`);
  };
}
