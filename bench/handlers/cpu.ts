/** Half a millisecond of computing: so many turns as took that long when the bench began (`spin.ts`). */
import { defineHandlers } from 'kafka-worker-runtime';
import { handled } from '../contenders/board.ts';
import type { PeerHandlers } from '../contenders/peer-handlers.ts';
import { spin } from '../spin.ts';

const turns = Number(process.env.BENCH_TURNS);

function compute(): void {
  if (spin(turns) === 0) throw new Error('the generator never gets to zero');
  handled();
}

export default defineHandlers({ '*': compute });

export const raw: PeerHandlers['raw'] = compute;
