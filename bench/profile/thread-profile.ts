/**
 * Preloaded into a contender (`node --import`), where it runs in the main thread and in every worker thread: each profiles
 * itself from the end of the warm-up to the last record and writes `<folder>/thread-<id>.cpuprofile`, 0 for the main
 * thread. Node's own `--cpu-prof` would add the start and the end, and loses threads that are terminated.
 *
 *   waiting ──begin──▶ profiling (`….part` exists) ──end──▶ written
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import { handledInAll } from '../contenders/board.ts';
import type { Job } from '../job.ts';

type Moment = 'begin' | 'end';

const samplingMicroseconds = 250;
const lookEveryMs = 1;

const file = join(process.env.BENCH_PROFILE!, `thread-${threadId}.cpuprofile`);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });

const channel = new BroadcastChannel('bench.profile');
channel.onmessage = (event) => void at((event as { readonly data: Moment }).data);
channel.unref();
if (isMainThread) watch(JSON.parse(process.argv[2]!) as Job);

async function at(moment: Moment): Promise<void> {
  if (moment === 'begin') {
    writeFileSync(`${file}.part`, '');
    await session.post('Profiler.start');
  } else {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(`${file}.part`, JSON.stringify(profile));
    renameSync(`${file}.part`, file);
  }
}

/** A channel does not speak to itself, so the main thread is told directly. */
function watch({ warmUp, records }: Job): void {
  const tell = (moment: Moment): void => {
    channel.postMessage(moment);
    void at(moment);
  };
  let begun = false;
  const timer = setInterval(() => {
    const handled = handledInAll();
    if (!begun && handled > 0 && handled >= warmUp) {
      begun = true;
      tell('begin');
    }
    if (!begun || handled < records) return;
    clearInterval(timer);
    tell('end');
  }, lookEveryMs);
}
