/**
 * The brokers that a foreign client is run against: the embedded one, and Apache Kafka where there is one. The bodies of
 * the tests are the same, so that a difference between the two is a bug of the embedded broker.
 *
 *   for (const target of await targets()) {
 *     describe(target.name, () => {
 *       target.use();
 *       test('…', async () => { … target.brokers … });
 *     });
 *   }
 */
import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll } from 'vitest';
import { startBrokerThread } from '../../../runtime/broker/start-broker.ts';
import type { BrokerAddress } from '../../../runtime/core/settings.ts';
import { until } from '../../../runtime/testing/until.ts';
import { realKafka } from '../../real/support/real-kafka.ts';

const { AssignerProtocol, KafkaJSError } = kafkajs;

interface OpenBroker {
  readonly brokers: string;
  close(): Promise<void>;
}

export class Target {
  readonly name: string;
  readonly #open: () => Promise<OpenBroker>;
  readonly #topics: string[] = [];
  #opened: OpenBroker | null = null;

  constructor(name: string, open: () => Promise<OpenBroker>) {
    this.name = name;
    this.#open = open;
  }

  /** Opens the broker for the tests of the surrounding `describe`, and cleans up after them. */
  use(): void {
    beforeAll(async () => {
      this.#opened = await this.#open();
    });
    afterAll(async () => {
      // Apache Kafka may be anybody's: nothing of ours stays there.
      await this.#asAdmin(async (admin) => {
        const there = new Set(await admin.listTopics());
        await admin.deleteTopics({ topics: this.#topics.filter((topic) => there.has(topic)) });
      });
      await this.#opened?.close();
      this.#opened = null;
    });
  }

  /** Comma-separated `host:port`. */
  get brokers(): string {
    if (this.#opened === null) throw new Error(`${this.name} is not open: call use() in the describe of this test`);
    return this.#opened.brokers;
  }

  get addresses(): readonly BrokerAddress[] {
    return this.brokers.split(',').map((address) => {
      const colon = address.lastIndexOf(':');
      return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
    });
  }

  /** A topic or group name that nobody else has. */
  fresh(prefix: string): string {
    return `${prefix}-${randomUUID()}`;
  }

  /** Names a topic that the test itself makes, to have it deleted. */
  owns(...topics: readonly string[]): void {
    this.#topics.push(...topics);
  }

  async makeTopic(prefix: string, numPartitions: number): Promise<string> {
    const topic = this.fresh(prefix);
    await this.#asAdmin(async (admin) => {
      // Apache Kafka may not know its new topic for a moment, which kafkajs's own waiting takes for an error; and it
      // may announce a leader before that one takes records, which makes a plain producer send some of them twice.
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions }] });
      await until(async () => (await partitionsServed(admin, topic)) === numPartitions);
    });
    this.owns(topic);
    return topic;
  }

  /** Waits until the group is stable with `count` members, each with something assigned. */
  async untilMembers(group: string, count: number, state?: () => unknown): Promise<void> {
    await this.#asAdmin((admin) =>
      until(
        async () => {
          const found = (await admin.describeGroups([group])).groups[0]!;
          return found.state === 'Stable' && found.members.filter(hasPartitions).length === count;
        },
        { withinMs: 60_000, ...(state === undefined ? {} : { state }) },
      ),
    );
  }

  async #asAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Kafka({ brokers: this.brokers.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

function hasPartitions({ memberAssignment }: { readonly memberAssignment: Buffer }): boolean {
  const assignment = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {};
  return Object.values(assignment).some((partitions) => partitions.length > 0);
}

/** @returns how many partitions tell their offsets, which takes a leader with an open log */
async function partitionsServed(admin: Admin, topic: string): Promise<number> {
  try {
    return (await admin.fetchTopicOffsets(topic)).length;
  } catch (error) {
    if (error instanceof KafkaJSError && error.retriable) return 0;
    throw error;
  }
}

/** @throws with REQUIRE_KAFKA=1, when there is no Apache Kafka */
export async function targets(): Promise<readonly Target[]> {
  const embedded = new Target('embedded broker', async () => {
    const broker = await startBrokerThread();
    return { brokers: `${broker.address.host}:${broker.address.port}`, close: () => broker.close() };
  });
  const kafka = await realKafka();
  if (kafka.missing) return [embedded];
  return [embedded, new Target('Apache Kafka', async () => ({ brokers: kafka.brokers, close: async () => {} }))];
}
