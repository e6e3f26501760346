/**
 * The handlers of the campaign: they write down every call (`recording.ts`), and do what the header `harm` of a record
 * asks for. Each record does its harm once, whoever gets it: a thread that dies three times of a record gives it up.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, defineHandlers, type Event } from 'kafka-worker-runtime';
import { harms } from '../../test/fixtures/handlers/harmful.ts';
import { header, recordCall, recordThread } from '../../test/fixtures/handlers/recording.ts';

const aliveEveryMs = 100;

export default defineHandlers({
  '*': (event, ctx) => recordCall(event, ctx, () => harm(event, ctx)),
});

function harm(event: Event, ctx: Context): void {
  const name = header(event, 'harm');
  if (name === undefined || !isFirst(`${event.topic}-${event.partition}-${event.offset}`)) return;
  recordThread('harm');
  if (name === 'spin') spin();
  else harms[name]!(event, ctx);
}

/** As a loop without end, but one that tells that it still runs. */
function spin(): never {
  for (let toldAt = performance.now(); ; ) {
    if (performance.now() - toldAt < aliveEveryMs) continue;
    toldAt = performance.now();
    recordThread('alive');
  }
}

/** Across threads and processes: a file is made once. */
function isFirst(name: string): boolean {
  try {
    closeSync(openSync(join(process.env.CHAOS_MARKS!, name), 'wx'));
    return true;
  } catch {
    return false; // it was there
  }
}
