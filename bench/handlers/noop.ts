/** Does nothing but count. */
import { defineHandlers } from 'kafka-worker-runtime';
import { handled } from '../contenders/board.ts';
import type { PeerHandlers } from '../contenders/peer-handlers.ts';

export default defineHandlers({ '*': () => handled() });

export const raw: PeerHandlers['raw'] = () => handled();
