/**
 * The loads that have cost other programs their memory. Each fills a topic, and says when it has been held up against it
 * for long enough. `manifests/<name>.yaml` is what runs.
 */
import type { ThreadedBroker } from '../../runtime/broker/start-broker.ts';
import { fillTopic } from '../fill-topic.ts';
import type { RuntimeProcess } from '../runtime-process.ts';
import { plantBombs } from './loads.ts';

export interface Place {
  readonly broker: ThreadedBroker;
  readonly report: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** @returns the topic */
  fill(place: Place): Promise<string>;
  /** Called again and again. @returns how far it is, from 0 to 1 */
  progress(runtime: RuntimeProcess, seconds: number, place: Place): Promise<number>;
}

const rebalancesWanted = 500;
const replacementsWanted = 500;

export const scenarios: readonly Scenario[] = [
  {
    name: 'backlog',
    what: '5,000,000 records of 100 B wait, the handler takes 20 ms, 4 at once',
    fill: (place) => filled(place, { records: 5_000_000, valueBytes: 100, partitions: 6 }),
    progress: async (_runtime, seconds) => seconds / 60,
  },
  {
    name: 'large',
    what: '600 records of 1 MB, the handler takes 20 ms, 4 at once',
    fill: (place) => filled(place, { records: 600, valueBytes: 1_000_000, partitions: 6 }),
    progress: async (runtime) => (await consumed(runtime)) / 600,
  },
  {
    name: 'stuck',
    what: '1,000,000 records of 100 B, one key fails for ever, buffer.maxUncommitted stops its partition',
    fill: (place) => filled(place, { records: 1_000_000, valueBytes: 100, partitions: 6 }),
    // Five partitions to their end, and the one with the key as far as its limit, less the key's own records; then a while.
    progress: async (runtime, seconds) => Math.min((await consumed(runtime)) / (833_333 + 99_900), seconds / 30),
  },
  {
    name: 'bombs',
    what: 'a batch that unpacks to 300 MiB in each codec, read three times, then its partition stops',
    fill: ({ broker }) => plantBombs(broker.address),
    progress: async (_runtime, seconds) => seconds / 12,
  },
  {
    name: 'rebalances',
    what: `${rebalancesWanted} rebalances`,
    fill: (place) => filled(place, { records: 1_000, valueBytes: 100, partitions: 6 }),
    progress: async (runtime, _seconds, { broker }) => {
      await broker.control.next('Heartbeat', ...Array.from({ length: 5 }, () => rebalanceInProgress));
      return (await runtime.counter('kafka_eventbus_rebalances_total')) / rebalancesWanted;
    },
  },
  {
    name: 'replacements',
    what: `${replacementsWanted} threads that end and are replaced; a record that ends three is a dead letter`,
    fill: (place) => filled(place, { records: 2_400, valueBytes: 100, partitions: 24 }),
    progress: async (runtime) => (await runtime.counter('kafka_eventbus_threads_died_total')) / replacementsWanted,
  },
];

const rebalanceInProgress = { kind: 'error', code: 27 } as const;

function filled(
  { broker, report }: Place,
  size: { readonly records: number; readonly valueBytes: number; readonly partitions: number },
): Promise<string> {
  const { host, port } = broker.address;
  return fillTopic({ ...size, brokers: `${host}:${port}`, batchBytes: 256 * 1024, report });
}

function consumed(runtime: RuntimeProcess): Promise<number> {
  return runtime.counter('kafka_eventbus_messages_consumed_total');
}
