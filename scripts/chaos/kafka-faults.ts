/** Faults of the network between a process and Kafka, of Kafka itself, and of its topics. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createPartitions } from '../../runtime/protocol/create-partitions.ts';
import { sessionMs } from './deck.ts';
import type { Field, Made } from './field.ts';
import { monotonicUs } from './monotonic.ts';
import { loseUnknowing, now } from './process-faults.ts';

const shortMs = 0.4 * sessionMs;
const longMs = 1.5 * sessionMs;

export async function cut(field: Field, slots: readonly number[]): Promise<Made> {
  const made = now(field);
  for (const slot of slots) field.fleet.network(slot).cut();
  return made;
}

export async function refuse(field: Field, slot: number): Promise<Made> {
  const network = field.fleet.network(slot);
  network.refuse(true);
  network.cut();
  await sleep(shortMs);
  network.refuse(false);
  return now(field);
}

export async function blackHole(field: Field, slot: number): Promise<Made> {
  const network = field.fleet.network(slot);
  network.hold(true);
  await sleep(shortMs);
  network.hold(false);
  return now(field);
}

/** The process goes on with what it has, and cannot hear that others have its partitions. */
export async function longBlackHole(field: Field, slot: number): Promise<Made> {
  const network = field.fleet.network(slot);
  const made = now(field);
  network.hold(true);
  await loseUnknowing(field, field.fleet.at(slot), made.fromUs, async () => {
    await sleep(longMs);
    network.hold(false);
  });
  return made;
}

/** @param signal how the broker ends; it comes back on the same port and data */
export async function restartBroker(field: Field, signal: 'SIGTERM' | 'SIGKILL'): Promise<Made> {
  const committed = await field.commits.now();
  // Who finds no broker for a session takes its partitions for lost.
  const lost = field.fleet.taken.map((slot) => ({ pid: field.fleet.at(slot).pid, committed }));
  await field.broker!.kill(signal);
  await field.broker!.restart();
  return { ...now(field), lost };
}

export async function addPartition(field: Field): Promise<Made> {
  const fromUs = monotonicUs();
  const response = await field.kafka.client.send('any', 'metadata', createPartitions, {
    topics: [{ name: field.topic, partitionCount: field.partitions + 1, assignments: null }],
    timeoutMs: 30_000,
    validateOnly: false,
  });
  const { errorCode, errorMessage } = response.topics[0]!;
  if (errorCode !== 0) throw new Error(`adding a partition to ${field.topic}: ${errorMessage ?? errorCode}`);
  field.partitions++;
  // What is written from now on uses it; its keys have been in other partitions before.
  await field.kafka.cluster.refresh([field.topic]);
  return { fromUs, fromRecord: field.load.next };
}
