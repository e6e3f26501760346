/** Which partition a key belongs to: the same as Kafka's Java client, so that producers in any language agree per key. */

/**
 * murmur2 with the seed of Kafka's Java client.
 * @returns a signed 32-bit number
 */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = 0x9747b28c ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    word = Math.imul(word, multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const left = length - at;
  if (left >= 3) hash ^= bytes[at + 2]! << 16;
  if (left >= 2) hash ^= bytes[at + 1]! << 8;
  if (left >= 1) hash = Math.imul(hash ^ bytes[at]!, multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

const multiplier = 0x5bd1e995;

/** @param partitionCount at least 1 */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

/** Spreads records that any partition may have, round the partitions. */
export class KeylessPartitions {
  #turns = 0;

  /** From now on the next partition; who calls it once per call lets the records of that travel as one batch. */
  next(): void {
    this.#turns++;
  }

  partition(partitionCount: number): number {
    return this.#turns % partitionCount;
  }
}
