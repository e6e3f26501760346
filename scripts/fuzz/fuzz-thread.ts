/** Runs inputs one after the other, in a worker thread; `watched-run.ts` starts it, watches it and hears its findings. */
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../runtime/core/random.ts';
import { describeError } from './finding.ts';
import { Pulse } from './pulse.ts';
import { inputSeed, type Target } from './target.ts';
import { loadTarget, type TargetName } from './targets.ts';

export interface ThreadTask {
  readonly target: TargetName;
  readonly seed: number;
  /** First input, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly pulse: SharedArrayBuffer;
}

export type ThreadReport =
  | { readonly kind: 'finding'; readonly index: number; readonly what: string }
  | { readonly kind: 'slowest'; readonly index: number; readonly ms: number };

const turnEvery = 16;

const task = workerData as ThreadTask;
const pulse = new Pulse(task.pulse);
const report = (message: ThreadReport): void => parentPort!.postMessage(message);

const target = await loadTarget(task.target);
let slowestMs = 0;
let slowest = 0;
for (let index = task.from; index < task.to; index++) {
  const startedAt = performance.now();
  pulse.begin(index);
  pulse.end(await runOne(target, index));
  const ms = performance.now() - startedAt;
  // What Node frees it frees in turns of the event loop, zlib's handles for one.
  if (index % turnEvery === 0) await turn();
  if (ms > slowestMs) [slowestMs, slowest] = [ms, index];
}
report({ kind: 'slowest', index: slowest, ms: slowestMs });

async function runOne({ make, run }: Target, index: number): Promise<boolean> {
  try {
    return (await run(make(seededRandom(inputSeed(task.seed, index))))) === 'accepted';
  } catch (error) {
    report({ kind: 'finding', index, what: describeError(error) });
    return false;
  }
}
