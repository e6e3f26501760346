/**
 * Sends a group's requests to its coordinator, wherever that is. A JoinGroup that waits for the other members holds back
 * everything behind it, so commits and positions have a connection of their own, and so have the heartbeats of a member
 * that joins: a heartbeat is given up soon and its connection with it, and a commit that was under way there could reach
 * Kafka after the next one.
 */
import { KafkaError } from '../core/errors.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { KafkaClient, SendOptions } from '../kafka/port.ts';
import type { Api } from '../protocol/api.ts';

export class Coordinator {
  readonly group: string;
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;
  /** How often a wait was broken off: a request that had not been written by then is not written any more. */
  #interruptions = 0;

  constructor(group: string, client: KafkaClient, cluster: Cluster) {
    this.group = group;
    this.#client = client;
    this.#cluster = cluster;
  }

  /** Membership: FindCoordinator comes first where it is not known. @throws KafkaError */
  async send<Req, Res>(api: Api<Req, Res>, request: Req, options?: SendOptions): Promise<Res> {
    const interruptions = this.#interruptions;
    await this.#cluster.coordinatorOf(this.group);
    if (interruptions !== this.#interruptions) {
      throw new KafkaError('RT_KAFKA_CONNECTION', `${api.name} was broken off`, { retryable: true });
    }
    return this.#send(`coordinator:${this.group}`, api, request, options);
  }

  /** Asks where it is, unless that is known. Afterwards a request goes out at once. @throws KafkaError */
  async find(): Promise<void> {
    await this.#cluster.coordinatorOf(this.group);
  }

  /** Offsets. @throws KafkaError */
  sendOffsets<Req, Res>(api: Api<Req, Res>, request: Req, options?: SendOptions): Promise<Res> {
    return this.#send(`commit:${this.group}`, api, request, options);
  }

  /** What must neither wait behind a JoinGroup nor end a commit. @throws KafkaError */
  sendAside<Req, Res>(api: Api<Req, Res>, request: Req, options?: SendOptions): Promise<Res> {
    return this.#send(`beat:${this.group}`, api, request, options);
  }

  /** It has moved, says its answer: look for it before the next request. */
  forget(): void {
    this.#cluster.forgetCoordinator(this.group);
  }

  /** Ends a JoinGroup that waits; the next request connects anew. */
  async interrupt(): Promise<void> {
    this.#interruptions++;
    await this.#client.release(`coordinator:${this.group}`);
  }

  async close(): Promise<void> {
    const purposes = [`commit:${this.group}`, `beat:${this.group}`];
    await Promise.all([this.interrupt(), ...purposes.map((purpose) => this.#client.release(purpose))]);
  }

  async #send<Req, Res>(purpose: string, api: Api<Req, Res>, request: Req, options?: SendOptions): Promise<Res> {
    const node = await this.#cluster.coordinatorOf(this.group);
    try {
      return await this.#client.send(node, purpose, api, request, options);
    } catch (error) {
      // A broker that cannot be reached may not be the coordinator any more.
      this.forget();
      throw error;
    }
  }
}
