/** Runs an embedded broker in this worker thread; `start-broker.ts` starts it and talks to it. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../core/clock.ts';
import { InternalError, isRuntimeFault } from '../core/errors.ts';
import { systemRandom } from '../core/random.ts';
import { type Broker, createBroker } from './broker.ts';
import type { Call, Failure, NumberedCall, ThreadOptions, ThreadReply } from './thread-calls.ts';

const port = parentPort;
if (port === null) {
  throw new InternalError('RT_INTERNAL', 'broker-thread.ts runs in a worker thread only', { retryable: false });
}
const reply = (message: ThreadReply): void => port.postMessage(message);

function failure(error: unknown): Failure {
  if (isRuntimeFault(error)) return { code: error.code, message: error.message };
  return { code: 'RT_INTERNAL', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

async function perform(broker: Broker, call: Call): Promise<number | null> {
  switch (call.kind) {
    case 'next':
      broker.control.next(call.api, ...call.actions);
      return null;
    case 'clear':
      broker.control.clear();
      return null;
    case 'served':
      return broker.control.served(call.api);
    case 'stop':
      await broker.stop();
      return null;
    case 'restart':
      await broker.restart();
      return null;
    case 'close':
      await broker.close();
      return null;
    default:
      return call satisfies never;
  }
}

function serve(broker: Broker, { id, call }: NumberedCall): void {
  perform(broker, call).then(
    (result) => {
      reply({ kind: 'done', id, result });
      if (call.kind === 'close') port?.close(); // nothing is left that keeps the thread alive
    },
    (error: unknown) => reply({ kind: 'failed', id, failure: failure(error) }),
  );
}

try {
  const options = workerData as ThreadOptions;
  const broker = await createBroker({ ...options, clock: systemClock, random: systemRandom });
  port.on('message', (call: NumberedCall) => serve(broker, call));
  reply({ kind: 'listening', address: broker.address });
} catch (error) {
  reply({ kind: 'refused', failure: failure(error) });
}
