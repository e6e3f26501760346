/**
 * One target's inputs in a thread of their own, watched from here: a thread that hangs or runs out of memory is ended,
 * its input is a finding, and a new thread goes on behind it.
 */
import { Worker } from 'node:worker_threads';
import type { Finding } from './finding.ts';
import type { ThreadReport, ThreadTask } from './fuzz-thread.ts';
import { heapMiB, judgeMemory, type MemorySample, type MemoryVerdict } from './memory.ts';
import { Pulse } from './pulse.ts';
import type { TargetName } from './targets.ts';

export interface RunPlan {
  readonly target: TargetName;
  readonly inputs: number;
  readonly seed: number;
}

export interface RunProgress {
  readonly target: TargetName;
  readonly inputs: number;
  readonly done: number;
  readonly rssBytes: number;
  readonly findings: number;
}

export interface RunResult {
  readonly target: TargetName;
  readonly inputs: number;
  /** How many were taken as well-formed: none means that the generator reaches nothing. */
  readonly accepted: number;
  readonly seconds: number;
  readonly slowest: { readonly index: number; readonly ms: number };
  readonly memory: MemoryVerdict;
  readonly findings: readonly Finding[];
}

/** Of the thread's own processor time, so that a busy machine is no finding. */
const hangCpuMs = 1_000;
/** For what waits without working: nothing here may, as time is simulated. */
const hangWaitMs = 20_000;
const lookEveryMs = 100;
/** More would tell nothing new. */
const findingsMax = 10;

export async function runTarget(plan: RunPlan, progress: (now: RunProgress) => void): Promise<RunResult> {
  const startedAt = performance.now();
  const pulse = new Pulse();
  const findings: Finding[] = [];
  const samples: MemorySample[] = [];
  let slowest = { index: 0, ms: 0 };
  const look = (): void => {
    const { done } = pulse.read();
    const rssBytes = process.memoryUsage.rss();
    samples.push({ done, rssBytes });
    progress({ target: plan.target, inputs: plan.inputs, done, rssBytes, findings: findings.length });
  };
  look();
  for (let from = 0; from < plan.inputs && findings.length < findingsMax; ) {
    const task: ThreadTask = { target: plan.target, seed: plan.seed, from, to: plan.inputs, pulse: pulse.memory };
    const ended = await runThread(task, pulse, look, (report) => {
      if (report.kind === 'finding') findings.push({ target: plan.target, index: report.index, what: report.what });
      else if (report.ms > slowest.ms) slowest = { index: report.index, ms: report.ms };
      return findings.length < findingsMax;
    });
    if (ended === 'done') break;
    const index = pulse.read().current;
    findings.push({ target: plan.target, index, what: ended.fault });
    pulse.end(false);
    from = index + 1;
  }
  look();
  const { done, accepted } = pulse.read();
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    target: plan.target,
    inputs: done,
    accepted,
    seconds,
    slowest,
    memory: judgeMemory(samples, done),
    findings,
  };
}

/** @param onReport returns false to end the run @returns how the thread ended */
async function runThread(
  task: ThreadTask,
  pulse: Pulse,
  look: () => void,
  onReport: (report: ThreadReport) => boolean,
): Promise<'done' | { readonly fault: string }> {
  const thread = new Worker(new URL('./fuzz-thread.ts', import.meta.url), {
    workerData: task,
    stderr: true, // warnings that the broker prints about itself are findings already
    resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: 16 },
  });
  const hang = new HangWatch(thread, pulse);
  let fault: string | null = null;
  thread.on('message', (report: ThreadReport) => {
    if (!onReport(report)) void thread.terminate();
  });
  thread.on('error', (error: Error) => {
    fault ??= error.stack ?? error.message;
  });
  const watching = setInterval(() => {
    look();
    void hang.look().then((hangs) => {
      if (!hangs || fault !== null) return;
      fault = `it hangs: over ${hangCpuMs} ms of processor time for one input`;
      void thread.terminate();
    });
  }, lookEveryMs);
  await new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  clearInterval(watching);
  return fault === null ? 'done' : { fault };
}

/** Remembers when an input was first seen to run, and what processor time the thread had used by then. */
class HangWatch {
  readonly #thread: Worker;
  readonly #pulse: Pulse;
  #done = -1;
  #seenAt = 0;
  #cpuMs = 0;

  constructor(thread: Worker, pulse: Pulse) {
    this.#thread = thread;
    this.#pulse = pulse;
  }

  /** @returns true when the same input has run for too long */
  async look(): Promise<boolean> {
    const { done } = this.#pulse.read();
    const cpuMs = await this.#threadCpuMs();
    const now = performance.now();
    if (done !== this.#done) {
      this.#done = done;
      this.#seenAt = now;
      this.#cpuMs = cpuMs;
      return false;
    }
    return cpuMs - this.#cpuMs > hangCpuMs || now - this.#seenAt > hangWaitMs;
  }

  async #threadCpuMs(): Promise<number> {
    try {
      const { user, system } = await this.#thread.cpuUsage();
      return (user + system) / 1000;
    } catch {
      return 0; // it has ended
    }
  }
}
