/** A foreign client as a child process: its output while it runs, its end, and that it never outlives the test. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { exited, spawnBound } from '../../../scripts/real/bound-process.ts';

export interface PeerResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end. @param input written to stdin @throws when it ends with another code than 0, with its output */
export async function runPeer(program: string, args: readonly string[], input = ''): Promise<PeerResult> {
  const peer = startPeer(program, args);
  peer.child.stdin!.end(input);
  const result = await peer.ended();
  if (result.code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  }
  return result;
}

/** Starts a client that stays, such as a consumer. */
export function startPeer(program: string, args: readonly string[]): PeerProcess {
  const child = spawnBound(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin!.on('error', () => {}); // It may end without having read its input; its exit code tells.
  return new PeerProcess(child);
}

export class PeerProcess {
  readonly child: ChildProcess;
  /** Lines so far, without their ends. */
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #closed: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.child = child;
    this.#closed = Promise.all([collect(child, 'stdout', this.stdout), collect(child, 'stderr', this.stderr)]);
    onTestFinished(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await this.ended();
    });
  }

  /** @returns what it printed, and its exit code: 128 when a signal ended it */
  async ended(): Promise<PeerResult> {
    const [code] = await Promise.all([exited(this.child), this.#closed]);
    return { code, stdout: this.stdout.join('\n'), stderr: this.stderr.join('\n') };
  }

  /** Asks it to end, which makes a consumer commit and leave its group. */
  stop(): Promise<PeerResult> {
    this.child.kill('SIGTERM');
    return this.ended();
  }
}

async function collect(child: ChildProcess, name: 'stdout' | 'stderr', lines: string[]): Promise<void> {
  for await (const line of createInterface({ input: child[name]! })) lines.push(line);
}
