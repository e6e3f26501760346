/**
 * Kafka without sockets: the embedded broker's own state and answers behind a `KafkaClient`. Requests and responses are
 * written and read as on the wire; delays and faults come from the seed.
 *
 *   send ─▶ on its way ─▶ waiting ─▶ served, one at a time per connection ─▶ on its way ─▶ answered
 *                            └── refused, answer lost, late, released: the connection ends, with all that is open on it
 */
import type { AnsweredApi, Body } from '../../../runtime/broker/answer.ts';
import { answeredApis } from '../../../runtime/broker/apis/all.ts';
import type { BrokerState } from '../../../runtime/broker/broker-state.ts';
import { GroupCoordinator } from '../../../runtime/broker/groups/group-coordinator.ts';
import { memoryStore } from '../../../runtime/broker/storage/broker-store.ts';
import { Topics } from '../../../runtime/broker/topics.ts';
import { ProducerRegistry } from '../../../runtime/broker/transactions/producer-registry.ts';
import type { Clock } from '../../../runtime/core/clock.ts';
import { type ErrorCode, KafkaError } from '../../../runtime/core/errors.ts';
import type { Random } from '../../../runtime/core/random.ts';
import type { Destination, KafkaClient, SendOptions } from '../../../runtime/kafka/port.ts';
import type { Api } from '../../../runtime/protocol/api.ts';
import { Reader } from '../../../runtime/protocol/reader.ts';
import type { Faults } from './faults.ts';

const requestTimeoutMs = 10_000;

export function createBrokerState(clock: Clock, random: Random): BrokerState {
  const topics = new Topics(memoryStore, clock, random, 1);
  const limits = {
    ...{ minSessionTimeoutMs: 1, maxSessionTimeoutMs: 1_800_000, initialRebalanceDelayMs: 0 },
    ...{ consumerSessionTimeoutMs: 6_000, consumerHeartbeatIntervalMs: 5_000 },
  };
  const groups = new GroupCoordinator(memoryStore, clock, random, limits);
  const producers = new ProducerRegistry(memoryStore, topics, groups.offsets, clock);
  const address = { host: 'simulated', port: 9092 };
  return {
    ...{ clock, random, topics, groups, producers },
    clusterId: 'simulated',
    autoCreateTopics: false,
    address: () => address,
  };
}

export interface SimulatedClientOptions {
  readonly state: BrokerState;
  /** Of the client's process, and of the broker. */
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: () => Faults | null;
  /** Told of every request when it is sent, and of its api once the broker has served it. */
  readonly sent: (api: string, request: unknown) => void;
  readonly served: (api: string, what: string) => void;
  readonly settled: (api: string) => void;
}

interface Open {
  readonly api: AnsweredApi;
  readonly version: number;
  readonly body: Buffer;
  arrived: boolean;
  readonly answer: (body: Buffer | null) => void;
  readonly reject: (code: ErrorCode, message: string) => void;
}

export class SimulatedClient implements KafkaClient {
  readonly #options: SimulatedClientOptions;
  readonly #connections = new Map<string, Connection>();
  /** The last answer's bytes, by purpose. */
  readonly #answers = new Map<string, Buffer>();

  constructor(options: SimulatedClientOptions) {
    this.#options = options;
  }

  send<Req, Res>(
    _to: Destination,
    purpose: string,
    api: Api<Req, Res>,
    request: Req,
    {
      maxVersion = Number.POSITIVE_INFINITY,
      timeoutMs: answerMs = requestTimeoutMs,
      brokerWaitMs = 0,
    }: SendOptions = {},
  ): Promise<Res> {
    const { clock, sent, settled } = this.#options;
    const timeoutMs = answerMs + brokerWaitMs;
    const answered = answeredApis.get(api.key)!;
    const version = Math.min(api.versions[1], answered.versions[1], maxVersion);
    const connection = this.#connection(purpose);
    sent(api.name, request);
    return new Promise<Res>((resolve, reject) => {
      const timer = clock.after(timeoutMs, () => {
        open.reject('RT_KAFKA_TIMEOUT', `${api.name} was not answered for ${timeoutMs} ms`);
        connection.close();
      });
      const open: Open = {
        ...{ api: answered, version, body: api.writeRequest(request, version), arrived: false },
        answer: (body) => {
          timer.cancel();
          settled(api.name);
          if (body !== null) this.#answers.set(purpose, body);
          resolve(body === null ? (null as Res) : api.readResponse(new Reader(body), version));
        },
        reject: (code, message) => {
          timer.cancel();
          settled(api.name);
          reject(new KafkaError(code, message, { retryable: true }));
        },
      };
      connection.send(open);
    });
  }

  /** The process is gone: the broker sees its connections end. */
  cut(): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  /** What is read after this is nonsense, as it would be with a real client. */
  recycle(_at: Destination, purpose: string): void {
    this.#answers.get(purpose)?.fill(0xdd);
  }

  release(purpose: string): Promise<void> {
    this.#connections.get(purpose)?.close();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.cut();
    return Promise.resolve();
  }

  #connection(purpose: string): Connection {
    const known = this.#connections.get(purpose);
    if (known !== undefined && !known.closed) return known;
    const made = new Connection(this.#options);
    this.#connections.set(purpose, made);
    return made;
  }
}

class Connection {
  readonly #options: SimulatedClientOptions;
  readonly #closed = new AbortController();
  readonly #waiting: Open[] = [];
  readonly #open = new Set<Open>();
  #serving = false;

  constructor(options: SimulatedClientOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed.signal.aborted;
  }

  send(open: Open): void {
    this.#open.add(open);
    this.#waiting.push(open);
    this.#options.state.clock.after(this.#travelMs(), () => {
      open.arrived = true;
      void this.#serve();
    });
  }

  close(): void {
    if (this.closed) return;
    this.#closed.abort();
    this.#waiting.length = 0;
    for (const open of this.#open) open.reject('RT_KAFKA_CONNECTION', `the connection ended (${open.api.name})`);
    this.#open.clear();
  }

  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    // In the order in which they were sent, whichever was faster.
    while (this.#waiting[0]?.arrived === true && !this.closed) await this.#serveOne(this.#waiting.shift()!);
    this.#serving = false;
  }

  async #serveOne(open: Open): Promise<void> {
    const { state, clock, served, faults } = this.#options;
    const { api, version } = open;
    const fault = faults()?.draw(api.name) ?? { kind: 'none' };
    const body = new Reader(open.body);
    const context = { version, clientId: 'simulated', clientHost: '/simulated', signal: this.#closed.signal };
    let answer: Body = 'close';
    const late = (): Promise<void> =>
      fault.kind === 'slow' ? new Promise((resolve) => state.clock.after(fault.delayMs, resolve)) : Promise.resolve();
    // A JoinGroup counts when it is read: one of a process that has ended must not come after that of the next one.
    const first = api.name === 'JoinGroup';
    if (!first) await late();
    if (fault.kind === 'error') answer = api.refuse(body, version, fault.code);
    else if (fault.kind !== 'refused') answer = await api.respond(body, state, context);
    if (first) await late();
    served(api.name, fault.kind === 'error' ? `error ${fault.code}` : fault.kind);
    const lost = answer === 'close' || fault.kind === 'answerLost';
    // What comes back is the client's to see: in its own time, if it still runs.
    clock.after(this.#travelMs(), () => {
      if (this.closed) return;
      if (lost) return this.close();
      this.#open.delete(open);
      open.answer(answer as Buffer | null);
    });
  }

  #travelMs(): number {
    const { random } = this.#options;
    return random() < 0.05 ? random() * 200 : random() * 3;
  }
}
