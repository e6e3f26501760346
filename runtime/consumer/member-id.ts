/** The id by which a member of the consumer protocol is known: made here, the same for all of a consumer's life (KIP-1082). */
import type { Random } from '../core/random.ts';

/** @returns 128 random bits as 22 characters of base64, the form of Kafka's own clients */
export function newMemberId(random: Random): string {
  return Buffer.from(Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256))).toString('base64url');
}
