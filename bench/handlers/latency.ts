/** Notes how long ago the record was sent. */
import { defineHandlers } from 'kafka-worker-runtime';
import { arrived, handled } from '../contenders/board.ts';
import type { PeerHandlers } from '../contenders/peer-handlers.ts';
import type { Paced } from '../paced-load.ts';

function look({ number, sentAtMs }: Paced): void {
  arrived(number, sentAtMs);
  handled();
}

export default defineHandlers<Record<string, Paced>>({ '*': (event) => look(event.data) });

export const raw: PeerHandlers['raw'] = ({ value }) => look(JSON.parse(value!.toString()) as Paced);
