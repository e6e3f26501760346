/** What records hold. */
import { orderJson } from '../orders.ts';
import type { ValueOf } from '../workload.ts';

export function padding(bytes: number): ValueOf {
  const value = Buffer.alloc(bytes, 'x');
  return () => value;
}

export function orders(bytes: number): ValueOf {
  return (key) => orderJson(key, bytes);
}

/** Values of one key in `every` say that handling them fails at first. */
export function failing(every: number, bytes: number): ValueOf {
  const fine = Buffer.alloc(bytes, 'x');
  const fails = Buffer.from('fails'.padEnd(bytes));
  return (key) => (key % every === 0 ? fails : fine);
}
