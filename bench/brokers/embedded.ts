/** The embedded broker as `runtime broker` runs it: alone in its process, so that it shares no thread with anybody. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BenchBroker } from './kinds.ts';

const bin = join(import.meta.dirname, '..', '..', 'runtime', 'bin.js');

export async function startEmbedded(): Promise<BenchBroker> {
  const child = spawn(process.execPath, [bin, 'broker', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const die = (): void => void child.kill('SIGKILL');
  process.once('exit', die);
  const brokers = await listening(child);
  return {
    title: 'the embedded broker',
    brokers,
    pid: child.pid!,
    stop: async () => {
      process.off('exit', die);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
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
