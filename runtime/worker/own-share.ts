/**
 * Which records of a partition are this thread's, where several threads share it (`concurrency.split: workers`): those of
 * the lanes that fall to it. Every record falls to one thread, and all records of a lane to the same one, so order is
 * kept without the threads knowing of one another. Records that need no order are dealt out one after the other.
 */
import type { ThreadStart } from '../core/thread-messages.ts';

/** @param key of the record's lane; null for a record that needs no order */
export type OwnShare = (key: string | null, offset: number) => boolean;

/** @returns null where no partition is shared: every record is the thread's own */
export function ownShare({ group, thread }: Pick<ThreadStart, 'group' | 'thread'>): OwnShare | null {
  const { shares } = group.concurrency;
  if (!(shares > 1)) return null;
  return (key, offset) => (key === null ? offset : hash(key)) % shares === thread;
}

/** FNV-1a with 32 bits; its lowest bits alone would tell even numbers from odd ones and nothing else, so they are mixed. */
function hash(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
