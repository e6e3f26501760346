/**
 * Records by number, for handlers of `recording.ts`: 500 keys in turn, and among the quick ones some that are slow, some
 * that fail at first and some that always fail, so that whenever a process is stopped something runs and something waits.
 */
import type { OutboundRecord } from '../../../runtime/core/thread-messages.ts';

type Content = Pick<OutboundRecord, 'key' | 'headers'>;

export const keyCount = 500;

// The distances are primes, so that the kinds meet every key and each other.
export function numberedRecord(i: number): Omit<OutboundRecord, 'topic'> {
  const headers = {
    sequence: String(Math.floor(i / keyCount)),
    ...(i % 97 === 0 && { takes: '300' }),
    ...(i % 199 === 50 && { fails: '1' }),
    ...(isPoison(i) && { poison: 'yes' }),
  };
  return {
    key: Buffer.from(`key-${i % keyCount}`),
    value: Buffer.from(JSON.stringify({ record: i })),
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
  };
}

export function isPoison(i: number): boolean {
  return i % 499 === 250;
}

/** Of a record as it lies in a topic, or of the dead letter made of it. */
export function nameOf(record: Content): { readonly key: string; readonly sequence: number } {
  return { key: Buffer.from(record.key!).toString(), sequence: Number(header(record, 'sequence')) };
}

export function saysPoison(record: Content): boolean {
  return header(record, 'poison') !== undefined;
}

function header({ headers }: Content, name: string): string | undefined {
  const value = headers.find(([other]) => other === name)?.[1];
  return value == null ? undefined : Buffer.from(value).toString();
}
