/**
 * What runs in a handler thread: piscina calls the default export for every task. All else is in `worker-host.ts`; here
 * are only the things that a thread has and the main thread has not.
 */
import type { MessagePort } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { systemClock } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import { systemRandom } from '../core/random.ts';
import type { FromThread, SetDone, Started, StartTask, ThreadTask, ToThread } from '../core/thread-messages.ts';
import { ThreadPulse } from '../core/thread-pulse.ts';
import { Beat } from './beat.ts';
import { createWorkerHost, type WorkerHost } from './worker-host.ts';

let host: WorkerHost | null = null;
let beat: Beat | null = null;

export default async function run(task: ThreadTask): Promise<Started | object> {
  if (task.kind === 'start') return start(task);
  if (host === null || beat === null) throw new Error('a record set came before the handlers were loaded');
  return givenBack(await beat.during(host.run(task)));
}

async function start({ start, port }: StartTask): Promise<Started> {
  const post = (message: FromThread): void => port.postMessage(message);
  watchThread(post);
  beat = new Beat(systemClock, new ThreadPulse(start.pulse));
  const created = createWorkerHost({ start, post, clock: systemClock, random: systemRandom });
  const started = await created.load();
  host = created;
  port.on('message', (message: ToThread) => {
    created.receive(message);
    if (message.kind === 'end') close(port);
  });
  return started;
}

/** What `end` reported goes out first. */
function close(port: MessagePort): void {
  setImmediate(() => port.close());
}

/** The bytes move instead of being copied: they carry the next record set. */
function givenBack(done: SetDone): object {
  const list = done.bytes === null ? [] : [done.bytes];
  return move({ [transferableSymbol]: list, [valueSymbol]: done });
}

/** After any of these a handler may be half done without anybody waiting for it: the thread is to be replaced. */
function watchThread(post: (message: FromThread) => void): void {
  const tainted = (what: string, thrown: unknown): void => {
    const { name, message, stack } = toErrorData(thrown);
    post({ kind: 'tainted', reason: `${what}: ${stack ?? `${name}: ${message}`}`, blame: 'begun' });
  };
  process.on('unhandledRejection', (reason) => tainted('a promise was rejected and nobody waited for it', reason));
  process.on('uncaughtException', (error) => tainted('an error was thrown after its handler had returned', error));
  const exit = process.exit.bind(process);
  // The thread really ends: code after an exit does not expect to run.
  process.exit = (code) => {
    post({ kind: 'tainted', reason: `a handler called process.exit(${code ?? ''})`, blame: 'on-stack' });
    return exit(code);
  };
}
