/** The embedded broker as `runtime broker` runs it: alone in its process, so that it shares no thread with anybody. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { exited, spawnBound } from '../../scripts/real/bound-process.ts';
import type { BenchBroker } from './kinds.ts';

const bin = join(import.meta.dirname, '..', '..', 'runtime', 'bin.js');

export async function startEmbedded(): Promise<BenchBroker> {
  const child = spawnBound(process.execPath, [bin, 'broker', '--port', '0'], { stdio: ['ignore', 'pipe', 2] });
  return {
    title: 'the embedded broker',
    brokers: await listening(child),
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM');
      await exited(child);
    },
  };
}

/** @throws Error with what it printed when it ends instead */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const address = /listening on (\S+:\d+)/.exec(printed)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', (code) => reject(new Error(`runtime broker ended with ${code}: ${printed}`)));
  });
}
