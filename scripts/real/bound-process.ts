/**
 * Starts a child process that cannot outlive this one, however this one ends (also by SIGKILL).
 *
 *   this process ──pipe (fd 3)──▶ watcher (sh) ──kill -KILL──▶ the program
 *
 * A shell forks the watcher and then becomes the program, so the child's process id is the program's own. The
 * watcher reads the pipe: a line means that the program has ended and all is well; end of file means that this
 * process is gone, and the watcher kills the program and removes its folder. Needs a POSIX shell.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

const script = `
  folder=$1; shift
  ( read -r _ <&3 || { kill -KILL $$; sleep 1; [ -z "$folder" ] || rm -rf "$folder"; } ) </dev/null >/dev/null 2>&1 &
  exec 3<&-
  exec "$@"
`;

export type BoundOptions = {
  /** What the program gets as stdin, stdout and stderr. Default: all ignored. */
  readonly stdio?: readonly ['pipe' | 'ignore', 'pipe' | 'ignore' | number, 'pipe' | 'ignore' | number];
  /** Removed by the watcher if this process dies before the program does. */
  readonly temporaryFolder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs as somebody else. Default: as this process. */
  readonly user?: { readonly uid: number; readonly gid: number };
};

/** Starts `program`. The child does not keep this process alive; a forgotten one dies with it. */
export function spawnBound(program: string, args: readonly string[], options: BoundOptions = {}): ChildProcess {
  const stdio = [...(options.stdio ?? ['ignore', 'ignore', 'ignore']), 'pipe'] as StdioOptions;
  const child = spawn('/bin/sh', ['-c', script, 'sh', options.temporaryFolder ?? '', program, ...args], {
    stdio,
    env: { ...process.env, ...options.environment },
    ...options.user,
  });
  const lifeline = child.stdio[3] as Writable;
  lifeline.on('error', () => {}); // The watcher may already be gone; there is nothing left to tell it then.
  child.once('exit', () => lifeline.end('ended\n'));
  child.unref();
  (lifeline as unknown as { unref(): void }).unref();
  return child;
}

/** Resolves with the exit code (or 128 when a signal ended it), also when the child has already ended. */
export function exited(child: ChildProcess): Promise<number> {
  const code = () => child.exitCode ?? 128;
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(code());
  child.ref();
  return new Promise((resolve, reject) => {
    child.once('exit', () => resolve(code()));
    child.once('error', reject);
  });
}
