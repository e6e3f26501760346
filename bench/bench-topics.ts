/**
 * The topics of a bench run: makes and fills them, gives a backlog that two workloads have in common to both, says what a
 * group has committed, and removes everything at the end.
 */
import { endOffsets } from '../runtime/kafka/end-offsets.ts';
import { zeroUuid } from '../runtime/protocol/codec.ts';
import { deleteGroups } from '../runtime/protocol/delete-groups.ts';
import { deleteTopics } from '../runtime/protocol/delete-topics.ts';
import { TestKafka } from '../runtime/testing/test-kafka.ts';
import { addressesOf } from './addresses.ts';
import { fillTopic } from './fill-topic.ts';
import { readBytes } from './read-bytes.ts';
import { partitions, type ValueOf } from './workload.ts';

const allPartitions = Array.from({ length: partitions }, (_, partition) => partition);

export class BenchTopics {
  readonly #brokers: string;
  readonly #kafka: TestKafka;
  readonly #say: (line: string) => void;
  readonly #filled = new Map<string, Promise<string>>();
  readonly #topics: string[] = [];
  readonly #groups: string[] = [];

  constructor(brokers: string, say: (line: string) => void) {
    this.#brokers = brokers;
    this.#kafka = new TestKafka(addressesOf(brokers));
    this.#say = say;
  }

  /** @returns the name of a new topic without records */
  async empty(purpose: string): Promise<string> {
    const topic = this.#name(purpose);
    await this.#kafka.createTopics({ [topic]: { partitions } });
    return topic;
  }

  /** @param hot all in one partition @returns a topic with so many records of these values, filled once */
  backlog(value: ValueOf, records: number, hot: boolean = false): Promise<string> {
    const shape = `${value(0).toString('base64')}/${value(1).toString('base64')}/${records}/${hot}`;
    let topic = this.#filled.get(shape);
    if (topic === undefined) {
      topic = this.#fill(value, records, hot);
      this.#filled.set(shape, topic);
    }
    return topic;
  }

  /** @returns the id of a new group */
  group(): string {
    const group = this.#name('group');
    this.#groups.push(group);
    return group;
  }

  /** @returns how far the group is from the end of the topic, by what it has committed */
  async lag(group: string, topic: string): Promise<number> {
    const committed = allPartitions.map((partition) => this.#kafka.committed(group, topic, partition));
    const done = sum((await Promise.all(committed)).map((offset) => Number(offset ?? 0)));
    return (await this.size(topic)) - done;
  }

  /** @returns records that the topic holds */
  async size(topic: string): Promise<number> {
    const { client, cluster } = this.#kafka;
    const all = allPartitions.map((partition) => ({ topic, partition }));
    while (all.some((partition) => cluster.leaderOf(partition) === null)) await cluster.refresh([topic]);
    return sum([...(await endOffsets(client, cluster, all)).values()]);
  }

  async removeAll(): Promise<void> {
    const { client, cluster } = this.#kafka;
    try {
      for (const group of this.#groups) {
        const coordinator = await cluster.coordinatorOf(group);
        // A group that is not empty yet stays; so does its name only, without records.
        await client.send(coordinator, 'metadata', deleteGroups, { groupIds: [group] });
      }
      const topics = this.#topics.map((name) => ({ name, topicId: zeroUuid }));
      await client.send('any', 'metadata', deleteTopics, { topics, names: this.#topics, timeoutMs: 30_000 });
    } finally {
      await this.#kafka.close();
    }
  }

  async #fill(value: ValueOf, records: number, hot: boolean): Promise<string> {
    const topic = this.#name('backlog');
    await fillTopic({ brokers: this.#brokers, topic, partitions, hot, records, value, report: this.#say });
    // Read once before anybody is measured: a broker that is new is slow, whoever comes first.
    await this.size(topic);
    await readBytes(this.#kafka, topic);
    return topic;
  }

  #name(purpose: string): string {
    const name = `bench-${purpose}-${process.pid}-${Date.now().toString(36)}-${this.#topics.length + this.#groups.length}`;
    if (purpose !== 'group') this.#topics.push(name);
    return name;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
