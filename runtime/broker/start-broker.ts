/** Starts an embedded broker in a worker thread of its own, so that it never competes with the main thread's timers. */
import { Worker } from 'node:worker_threads';
import '../core/wasm-wrappers.ts';
import { InternalError, UsageError } from '../core/errors.ts';
import type { ControlAction } from './controls.ts';
import type { Address } from './server.ts';
import type { Call, Failure, NumberedCall, ThreadOptions, ThreadReply } from './thread-calls.ts';

/** `Broker` from another thread: everything takes a message there and back. */
export interface ThreadedBroker {
  readonly address: Address;
  readonly control: {
    /** Resolves once the next request of that API will meet the action. See `Controls.next`. */
    next(api: string, ...actions: readonly ControlAction[]): Promise<void>;
    clear(): Promise<void>;
    served(api: string): Promise<number>;
  };
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Resolves when the thread has ended. May be called again. */
  close(): Promise<void>;
}

// Only import specifiers are rewritten when the package is built, file names are not.
const threadFile = new URL(`./broker-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** @throws UsageError as `createBroker` */
export async function startBrokerThread(options: ThreadOptions = {}): Promise<ThreadedBroker> {
  const worker = new Worker(threadFile, { workerData: options });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const address = await listening(worker);
  const call = caller(worker);
  const ask = async (message: Call): Promise<void> => {
    await call(message);
  };
  let closing: Promise<void> | null = null;
  return {
    address,
    control: {
      next: (api, ...actions) => ask({ kind: 'next', api, actions }),
      clear: () => ask({ kind: 'clear' }),
      served: async (api) => (await call({ kind: 'served', api })) ?? 0,
    },
    stop: () => ask({ kind: 'stop' }),
    restart: () => ask({ kind: 'restart' }),
    close: () => {
      closing ??= ask({ kind: 'close' }).then(() => exited);
      return closing;
    },
  };
}

function listening(worker: Worker): Promise<Address> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (reply: ThreadReply) => {
      if (reply.kind === 'listening') return resolve(reply.address);
      if (reply.kind !== 'refused') return;
      // The thread has nothing left to do and ends by itself.
      reject(fault(reply.failure));
    });
  });
}

/** @returns sends a call and waits for its reply; rejects when the thread is gone */
function caller(worker: Worker): (call: Call) => Promise<number | null> {
  const open = new Map<number, PromiseWithResolvers<number | null>>();
  let lastId = 0;
  let gone: Failure | null = null;
  worker.on('message', (reply: ThreadReply) => {
    if (reply.kind === 'done') open.get(reply.id)?.resolve(reply.result);
    if (reply.kind === 'failed') open.get(reply.id)?.reject(fault(reply.failure));
    if (reply.kind === 'done' || reply.kind === 'failed') open.delete(reply.id);
  });
  const end = (message: string): void => {
    gone = { code: 'RT_INTERNAL', message: `the thread of the embedded broker ended: ${message}` };
    for (const { reject } of open.values()) reject(fault(gone));
    open.clear();
  };
  worker.on('error', (error) => end(String(error)));
  worker.on('exit', (code) => end(`exit code ${code}`));
  return (call) => {
    if (gone !== null) return Promise.reject(fault(gone));
    const answer = Promise.withResolvers<number | null>();
    const message: NumberedCall = { id: ++lastId, call };
    open.set(message.id, answer);
    worker.postMessage(message);
    return answer.promise;
  };
}

/** Errors lose their class on the way between threads. */
function fault({ code, message }: Failure): Error {
  if (code === 'RT_USAGE' || code === 'RT_ENVIRONMENT') return new UsageError(code, message, { retryable: false });
  return new InternalError(code, message, { retryable: false });
}
