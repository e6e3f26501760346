/** Waits for a condition, not for a time: with a deadline that tells what the state was when it passed. */
import { setTimeout as wait } from 'node:timers/promises';

export interface UntilOptions {
  readonly withinMs?: number;
  /** Printed when the deadline passes. */
  readonly state?: () => unknown;
}

const defaultWithinMs = 30_000;
const intervalMs = 10;

/** @throws Error after the deadline, with the condition's source and the state */
export async function until(condition: () => boolean | Promise<boolean>, options: UntilOptions = {}): Promise<void> {
  const withinMs = options.withinMs ?? defaultWithinMs;
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      const state = options.state === undefined ? '' : `\nstate: ${show(options.state())}`;
      throw new Error(`not true within ${withinMs} ms: ${condition}${state}`);
    }
    await wait(intervalMs);
  }
}

function show(state: unknown): string {
  return JSON.stringify(state, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2);
}
