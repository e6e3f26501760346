/**
 * What the writers are to book, from a seed: every process computes the same list, and so does the judge. A booking is one
 * event of one account; the writers take turns in the list, and accounts are shared by all of them.
 */
import { seededRandom } from '../../runtime/core/random.ts';

export interface Booking {
  /** Place in the list, from 0. */
  readonly nr: number;
  readonly account: string;
  readonly amount: number;
}

export const writers = 3;

/** Enough that most saves meet nobody, few enough that some do. */
const bookingsPerAccount = 100;

export function makeBookings(count: number, seed: number): readonly Booking[] {
  const random = seededRandom(seed);
  const accounts = Math.max(10, Math.round(count / bookingsPerAccount));
  return Array.from({ length: count }, (_, nr) => {
    const account = `account-${Math.floor(random() * accounts)}`;
    return { nr, account, amount: Math.floor(random() * 2_001) - 1_000 };
  });
}

/** Those of one writer, in their order. */
export function bookingsOf(writer: number, all: readonly Booking[]): readonly Booking[] {
  return all.filter(({ nr }) => nr % writers === writer);
}

/** Of the event `Booked`. */
export interface Booked {
  readonly nr: number;
  readonly amount: number;
}

export interface Folded {
  readonly version: number;
  readonly balance: number;
  /** Other for every other order of the same amounts. */
  readonly checksum: number;
}

export const unbooked: Folded = { version: 0, balance: 0, checksum: 0 };

const checksumFactor = 31;
const checksumModulus = 1_000_003;

/** One event more: what the projection computes in SQL, and the judge with this. */
export function fold({ version, balance, checksum }: Folded, { amount }: Booked): Folded {
  const next = (checksum * checksumFactor + (amount + 1_000)) % checksumModulus;
  return { version: version + 1, balance: balance + amount, checksum: next };
}

/** `fold` as SQL. @param amount an expression */
export function foldInSql(amount: string): string {
  return `version = version + 1, balance = balance + ${amount},
    checksum = (checksum * ${checksumFactor} + (${amount} + 1000)) % ${checksumModulus}`;
}
