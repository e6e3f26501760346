/** Waits 5 ms, as for a database in the same house. */
import { setTimeout as wait } from 'node:timers/promises';
import { defineHandlers } from 'kafka-worker-runtime';
import { handled } from '../contenders/board.ts';
import type { PeerHandlers } from '../contenders/peer-handlers.ts';

const waitMs = 5;

async function work(): Promise<void> {
  await wait(waitMs);
  handled();
}

export default defineHandlers({ '*': work });

export const raw: PeerHandlers['raw'] = work;
