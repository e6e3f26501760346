/**
 * The frame of every contender's process: reads the job, watches the board, tells the bench how far it is, stops when it
 * is told to. The messages are in `job.ts`.
 */
import { type FromContender, type Job, type Mark, machineClockMs } from '../job.ts';
import { processUsage } from '../process-usage.ts';
import { createBoard, handledInAll, latencyFrom, watchHere } from './board.ts';

/** Reads and handles until it is stopped. */
export interface Running {
  /** Commits what was handled, leaves the groups, closes everything. */
  stop(): Promise<void>;
}

const lookEveryMs = 1;
const tellEveryMs = 20;

/** @param start resolves when the contender is a member of its groups */
export async function contend(start: (job: Job) => Promise<Running>): Promise<void> {
  const job = JSON.parse(process.argv[2]!) as Job;
  createBoard(job);
  const watch = new Stopwatch(job.warmUp);
  const look = setInterval(() => watch.look(), lookEveryMs);
  watchHere(() => watch.lookAgain());
  const tell = setInterval(() => say({ kind: 'progress', handled: handledInAll() }), tellEveryMs);
  process.once('disconnect', () => process.exit(1)); // the bench is gone
  const running = await start(job);
  process.on('message', () => {
    clearInterval(tell);
    void end(job, running, watch, look);
  });
  say({ kind: 'ready' });
}

async function end(job: Job, running: Running, watch: Stopwatch, look: NodeJS.Timeout): Promise<void> {
  await running.stop();
  clearInterval(look);
  watch.look();
  const result = {
    ...watch.marks(),
    handled: handledInAll(),
    // On Linux `maxRSS` begins, after a fork, with what the bench itself had in memory.
    maxRssMiB: processUsage(process.pid)?.maxRssMiB ?? Math.round(process.resourceUsage().maxRSS / 1024),
    latency: job.timed ? latencyFrom(job.warmUp) : null,
  };
  process.send!({ kind: 'result', result } satisfies FromContender, () => process.exit(0));
}

function say(message: FromContender): void {
  process.send!(message);
}

/** Marks the end of the warm-up and every change after it; the last one stays. */
class Stopwatch {
  readonly #warmUp: number;
  #lookedAtMs = 0;
  #from: Mark | null = null;
  #to: Mark | null = null;

  constructor(warmUp: number) {
    this.#warmUp = warmUp;
  }

  /** Not more often than a timer would. */
  lookAgain(): void {
    if (performance.now() - this.#lookedAtMs >= lookEveryMs) this.look();
  }

  look(): void {
    this.#lookedAtMs = performance.now();
    const handled = handledInAll();
    if (handled === (this.#to?.handled ?? 0)) return;
    const { user, system } = process.cpuUsage();
    this.#to = { atMs: machineClockMs(), handled, cpuSeconds: (user + system) / 1e6 };
    if (handled >= this.#warmUp) this.#from ??= this.#to;
  }

  /** Both of them empty for a process that had no records. */
  marks(): { readonly from: Mark; readonly to: Mark } {
    const none = { atMs: 0, handled: 0, cpuSeconds: 0 };
    return { from: this.#from ?? this.#to ?? none, to: this.#to ?? none };
  }
}
