/** Records whose value says so fail twice, 10 ms and 20 ms before the next try; then they go through. */
import { setTimeout as wait } from 'node:timers/promises';
import { defineHandlers } from 'kafka-worker-runtime';
import { handled } from '../contenders/board.ts';
import type { PeerHandlers } from '../contenders/peer-handlers.ts';

const fails = 'fails'.charCodeAt(0);
const failures = 2;
const firstDelayMs = 10;

function work(value: Uint8Array, attempt: number): void {
  if (value[0] === fails && attempt <= failures) throw new Error('the other side says no');
  handled();
}

export default defineHandlers({ '*': (event, ctx) => work(event.raw().value!, ctx.attempt) });

/** kafkajs begins the whole batch anew when a handler throws, so a peer's handler tries again itself. */
export const raw: PeerHandlers['raw'] = ({ value }) => {
  try {
    work(value!, 1);
    return undefined;
  } catch {
    return tryAgain(value!);
  }
};

async function tryAgain(value: Buffer): Promise<void> {
  for (let attempt = 2; ; attempt++) {
    await wait(firstDelayMs * 2 ** (attempt - 2));
    try {
      return work(value, attempt);
    } catch (error) {
      if (attempt > failures) throw error;
    }
  }
}
