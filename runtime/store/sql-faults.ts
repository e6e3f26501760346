/** Turns what a driver throws into a `StoreError` that names the store, says who has to act and whether to try again. */
import { isRuntimeFault, StoreError } from '../core/errors.ts';

/** PostgreSQL's classes of SQLSTATE that may pass without anybody's help. */
const passing = [
  '08', // connection exceptions
  '40', // serialization failure, deadlock
  '53', // no more connections, memory, disk
  '55P03', // lock not available
  '57P', // shutdown, crash, starting up
  '25P03', // idle in a transaction for too long
];

/** Of a session that is over: the statement may have been carried out all the same. */
const ended = ['08', '57P', '25P03'];

/** @param name of the store, without its password */
export function storeFault(error: unknown, name: string): Error {
  if (isRuntimeFault(error)) return error;
  const { sqlState, message } = read(error);
  if (sqlState === null) {
    const text = `the store ${name} cannot be reached: ${message}`;
    return new StoreError('RT_STORE_CONNECTION', text, { retryable: true, cause: error });
  }
  const begins = (prefix: string): boolean => sqlState.startsWith(prefix);
  const options = { retryable: passing.some(begins), cause: error, sqlState };
  if (ended.some(begins)) return new StoreError('RT_STORE_CONNECTION', `the store ${name}: ${message}`, options);
  if (sqlState === '42P01') {
    const text = `the store ${name}: ${message}; run \`runtime store migrate <manifest>\` if it is a table of the store`;
    return new StoreError('RT_STORE_SCHEMA', text, options);
  }
  return new StoreError('RT_STORE_REFUSED', `the store ${name}: ${message} (SQLSTATE ${sqlState})`, options);
}

/** The constraint that a statement would have broken, or null. */
export function brokenConstraint(error: unknown): string | null {
  if (!(error instanceof StoreError) || error.sqlState !== '23505') return null;
  const { constraint } = error.cause as { readonly constraint?: unknown };
  return typeof constraint === 'string' ? constraint : null;
}

/** Node's codes (`ECONNREFUSED`) are no SQLSTATE: those have five characters, the first two of them digits or capitals. */
function read(error: unknown): { readonly sqlState: string | null; readonly message: string } {
  if (!(error instanceof Error)) return { sqlState: null, message: String(error) };
  const { code } = error as { readonly code?: unknown };
  const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error ? code : null;
  // Several addresses of one host: each has its own error, and the sum of them has no message.
  const parts = error instanceof AggregateError ? error.errors.map((one) => read(one).message) : [error.message];
  return { sqlState, message: parts.join('; ') };
}
