/** Runs the scripts that speak for eventsource-py, `publish.py` and `consume.py`, and reads what they print. */
import { join } from 'node:path';
import { pythonPeersFolder } from '../../../scripts/real/python.ts';
import { runPeer } from './peer-process.ts';
import type { Target } from './targets.ts';

/** What `publish.py --list` tells of an event. */
export type Listed = readonly [id: string, type: string, aggregateId: string, aggregateVersion: number];

export interface Published {
  /** Events whose customer is `bad`. */
  readonly bad: number;
  readonly trace_id: string;
  readonly list: readonly Listed[];
}

/** @param python path of a Python that has the package, asked for when a script runs */
export function useEventsource(target: Target, python: () => string) {
  const run = async (script: string, prefix: string, args: readonly string[]) => {
    const all = [join(pythonPeersFolder, script), '--broker', target.brokers, '--prefix', prefix, ...args];
    return JSON.parse((await runPeer(python(), all)).stdout);
  };
  return {
    /** With every optional header that the package knows, and non-ASCII text in headers and bodies. */
    publish: (prefix: string, ...args: readonly string[]): Promise<Published> => {
      target.owns(`${prefix}.stream`, `${prefix}.stream.dlq`);
      const all = ['--create', '4', '--seed', '7', '--ids', '--unicode', '--trace', '--list', ...args];
      return run('publish.py', prefix, all);
    },
    /** Handles events until idle, or with `--dlq` and `--replay` works on dead letters; in a group of its own. */
    consume: (prefix: string, ...args: readonly string[]) =>
      run('consume.py', prefix, ['--group', target.fresh('es-python'), ...args]),
  };
}
