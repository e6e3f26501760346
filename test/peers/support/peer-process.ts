/** A foreign client as a child process: its output while it runs, its end, and that it never outlives the test. */
import type { ChildProcess } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { spawnBound } from '../../../scripts/real/bound-process.ts';
import { type ProcessResult, RunningProcess } from '../../support/running-process.ts';

export type PeerResult = ProcessResult;

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

export class PeerProcess extends RunningProcess {
  constructor(child: ChildProcess) {
    super(child);
    onTestFinished(() => this.close());
  }
}
