/** A child process: its output while it runs, and its end. Knows no test runner; who opens it closes it. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { exited } from '../../scripts/real/bound-process.ts';

export interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class RunningProcess {
  readonly child: ChildProcess;
  /** Lines so far, without their ends. */
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #closed: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.child = child;
    this.#closed = Promise.all([collect(child, 'stdout', this.stdout), collect(child, 'stderr', this.stderr)]);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @returns what it printed, and its exit code: 128 when a signal ended it */
  async ended(): Promise<ProcessResult> {
    const [code] = await Promise.all([exited(this.child), this.#closed]);
    return { code, stdout: this.stdout.join('\n'), stderr: this.stderr.join('\n') };
  }

  /** Asks it to end, which makes a consumer commit and leave its group. */
  stop(): Promise<ProcessResult> {
    this.child.kill('SIGTERM');
    return this.ended();
  }

  /** Ends it by force if it still runs. */
  async close(): Promise<void> {
    if (this.running) this.child.kill('SIGKILL');
    await this.ended();
  }
}

async function collect(child: ChildProcess, name: 'stdout' | 'stderr', lines: string[]): Promise<void> {
  for await (const line of createInterface({ input: child[name]! })) lines.push(line);
}
