/** `runtime broker`: the embedded broker alone, for trying things out with any Kafka client. */
import { createBroker } from '../broker/broker.ts';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import { exitCodes } from './exit-codes.ts';
import type { Signals } from './signals.ts';
import type { Terminal } from './terminal.ts';

export interface BrokerArguments {
  /** 0 takes any free one. */
  readonly port: number;
  /** Null: in memory. */
  readonly dir: string | null;
}

/** Runs until a signal. @throws UsageError when the port or the folder cannot be used */
export async function runBroker({ port, dir }: BrokerArguments, terminal: Terminal, signals: Signals): Promise<number> {
  try {
    const broker = await createBroker({ port, dir, clock: systemClock, random: systemRandom });
    const { host, port: bound } = broker.address;
    const kept = dir === null ? 'in memory: everything is gone when it ends' : `kept in ${dir}`;
    terminal.out(`listening on ${host}:${bound}, ${kept}; for development only\n`);
    await signals.first;
    await broker.close();
    return exitCodes.done;
  } finally {
    signals.release();
  }
}
