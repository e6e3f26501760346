/** Records that do harm to their thread, that always fail, or that fail at first. */
import { until } from '../../runtime/testing/until.ts';
import type { Field, Made } from './field.ts';
import { now } from './process-faults.ts';

/** Few, so that their threads die one by one and not the whole group at once. */
const harmfulRecords = 2;
const failingRecords = 10;
export const attemptsMax = 3;
const withinMs = 60_000;

/** @param harm its name in `harmful.ts`, or `spin` */
export async function harmThreads(field: Field, harm: string): Promise<Made> {
  const before = now(field);
  const harmed = field.flow.harms;
  const numbers = field.load.add(Array.from({ length: harmfulRecords }, () => ({ harm })));
  // Records that are written after them have to wait for nothing but the harm.
  await until(() => field.load.next > numbers.at(-1)!, { withinMs });
  const also = () =>
    field.flow.harms === harmed + harmfulRecords && numbers.every((number) => field.flow.isDone(number));
  return { ...before, fromRecord: field.load.next, also };
}

export async function poison(field: Field): Promise<Made> {
  const before = now(field);
  const numbers = field.load.add(Array.from({ length: failingRecords }, () => ({ poison: 'yes' })));
  return { ...before, also: () => numbers.every((number) => field.flow.attemptsFailed(number) >= attemptsMax) };
}

export async function failing(field: Field): Promise<Made> {
  const before = now(field);
  const numbers = field.load.add(Array.from({ length: failingRecords }, (_, i) => ({ fails: String(1 + (i % 2)) })));
  return { ...before, also: () => numbers.every((number) => field.flow.isDone(number)) };
}
