/**
 * The part of the Kafka client that does not depend on the library: a connection per purpose and broker, made when the
 * first request needs it and replaced when it was lost. See `port.ts` for the contract.
 */
import { KafkaError } from '../core/errors.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { Api } from '../protocol/api.ts';
import { addressText, type KafkaClientOptions } from './client-options.ts';
import type { Destination, KafkaClient, Purpose, SendOptions } from './port.ts';
import type { CreateTransport } from './transport.ts';
import { WireConnection } from './wire-connection.ts';

export class WireClient implements KafkaClient {
  readonly #options: KafkaClientOptions;
  readonly #createTransport: CreateTransport;
  readonly #connections = new Map<Purpose, Map<string, WireConnection>>();
  /** Purpose and broker of connections that were lost and have not come back yet. */
  readonly #lost = new Set<string>();
  /** Sockets on their way out. */
  readonly #leaving = new Set<Promise<void>>();
  /** Index of the configured broker that `any` tries first: the last one that worked. */
  #preferred = 0;
  #closed: boolean = false;

  constructor(options: KafkaClientOptions, createTransport: CreateTransport) {
    this.#options = options;
    this.#createTransport = createTransport;
  }

  async send<Req, Res>(
    to: Destination,
    purpose: Purpose,
    api: Api<Req, Res>,
    request: Req,
    options?: SendOptions,
  ): Promise<Res> {
    if (this.#closed) {
      throw new KafkaError('RT_KAFKA_CONNECTION', `${api.name}: the Kafka client is closed`, { retryable: false });
    }
    if (to !== 'any') return this.#connection(purpose, to).send(api, request, options);
    return (await this.#anyConnection(purpose)).send(api, request, options);
  }

  recycle(at: BrokerAddress, purpose: Purpose): void {
    this.#connections.get(purpose)?.get(addressText(at))?.recycle();
  }

  async release(purpose: Purpose, at?: BrokerAddress): Promise<void> {
    const connections = this.#connections.get(purpose);
    const nodes = at === undefined ? [...(connections?.keys() ?? [])] : [addressText(at)];
    const gone = nodes.map((node) => {
      this.#lost.delete(`${purpose} ${node}`);
      const closed = connections?.get(node)?.close(`${purpose} was released`) ?? Promise.resolve();
      connections?.delete(node);
      this.#watchLeaving(closed);
      return closed;
    });
    await Promise.all(gone);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#connections.keys()].map((purpose) => this.release(purpose)));
    await Promise.all(this.#leaving);
  }

  /** Only connecting moves on to the next broker: a request that was written may have had its effect. */
  async #anyConnection(purpose: Purpose): Promise<WireConnection> {
    const { brokers } = this.#options;
    const failures: string[] = [];
    const first = this.#preferred;
    for (let i = 0; i < brokers.length && !this.#closed; i++) {
      const index = (first + i) % brokers.length;
      const connection = this.#connection(purpose, brokers[index]!);
      try {
        await connection.ready();
        this.#preferred = index;
        return connection;
      } catch (error) {
        if (!(error instanceof KafkaError && error.retryable)) throw error;
        failures.push(error.message);
      }
    }
    throw new KafkaError('RT_KAFKA_CONNECTION', `no broker can be reached: ${failures.join('; ')}`, {
      retryable: !this.#closed,
    });
  }

  #connection(purpose: Purpose, broker: BrokerAddress): WireConnection {
    let connections = this.#connections.get(purpose);
    if (connections === undefined) {
      connections = new Map();
      this.#connections.set(purpose, connections);
    }
    const node = addressText(broker);
    const known = connections.get(node);
    if (known?.usable) return known;
    if (known !== undefined) this.#watchLeaving(known.close('replaced'));
    const key = `${purpose} ${node}`;
    const { emit } = this.#options;
    const made = new WireConnection(broker, this.#options, this.#createTransport, {
      opened: () => {
        if (this.#lost.delete(key)) emit('kafka.reconnected', { node });
      },
      lost: (message, failed) => {
        this.#lost.add(key);
        if (failed) emit('kafka.connectionFailed', { node, message });
      },
    });
    connections.set(node, made);
    return made;
  }

  #watchLeaving(gone: Promise<void>): void {
    const leaving = gone.finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}
