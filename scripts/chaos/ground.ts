/**
 * The Kafka that a campaign runs on: one of its own, whose brokers and network it may break, or a given one.
 *
 *   process in slot n ──▶ proxy n ──▶ listener n ┐
 *   the campaign itself ─────────────▶ listener  ┴ Apache Kafka
 *
 * Each listener advertises its proxy, so that a process stays on the network of its slot.
 */

import { zeroUuid } from '../../runtime/protocol/codec.ts';
import { deleteGroups } from '../../runtime/protocol/delete-groups.ts';
import { deleteTopics } from '../../runtime/protocol/delete-topics.ts';
import { startFaultyNetwork } from '../../runtime/testing/faulty-network.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { type RunningKafka, startKafka } from '../real/kafka.ts';
import { slotsMax } from './deck.ts';
import type { Slot } from './fleet.ts';

const host = '127.0.0.1';
/** In groups of the consumer protocol the broker says when a member is dead: as soon as the manifest's session does. */
const shortSession = { 'group.consumer.min.session.timeout.ms': '6000', 'group.consumer.session.timeout.ms': '6000' };

export interface Ground {
  readonly slots: readonly Slot[];
  /** Null where it is somebody's. */
  readonly broker: RunningKafka | null;
  /** Of the campaign itself, past all proxies. */
  readonly kafka: TestKafka;
  /** Call it when the processes are gone. */
  close(): Promise<void>;
}

export async function ownKafka(): Promise<Ground> {
  let ports: readonly number[] = [];
  const networks = await Promise.all(
    Array.from({ length: slotsMax }, (_, slot) => startFaultyNetwork(() => ({ host, port: ports[slot]! }))),
  );
  const broker = await startKafka({ proxies: networks.map(({ address }) => address.port), properties: shortSession });
  ports = broker.proxiedPorts;
  const kafka = new TestKafka(addresses(broker.brokers));
  return {
    slots: networks.map((network) => ({ network, brokers: `${host}:${network.address.port}` })),
    broker,
    kafka,
    close: async () => {
      await kafka.close();
      await Promise.all(networks.map((network) => network.close()));
      await broker.stop();
    },
  };
}

/** @param name of the group and the topic, which are removed in the end: nothing of ours stays in somebody's Kafka */
export function givenKafka(brokers: string, name: string): Ground {
  const kafka = new TestKafka(addresses(brokers));
  return {
    slots: Array.from({ length: slotsMax }, () => ({ network: null, brokers })),
    broker: null,
    kafka,
    close: async () => {
      await remove(kafka, name);
      await kafka.close();
    },
  };
}

/** As far as Kafka lets us; who may make topics may not be allowed to remove them. */
async function remove(kafka: TestKafka, name: string): Promise<void> {
  const names = [name, `${name}.dlq`];
  const topics = names.map((topic) => ({ name: topic, topicId: zeroUuid }));
  await kafka.client.send('any', 'metadata', deleteTopics, { topics, names, timeoutMs: 30_000 });
  const coordinator = await kafka.cluster.coordinatorOf(name);
  await kafka.client.send(coordinator, 'metadata', deleteGroups, { groupIds: [name] });
}

function addresses(brokers: string) {
  return brokers.split(',').map((address) => {
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
  });
}
