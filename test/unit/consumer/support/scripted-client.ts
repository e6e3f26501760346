/** A Kafka client whose broker is the test: each API is answered by a function, and what was sent is written down. */
import { KafkaError } from '../../../../runtime/core/errors.ts';
import type { BrokerAddress } from '../../../../runtime/core/settings.ts';
import type { Destination, KafkaClient, SendOptions } from '../../../../runtime/kafka/port.ts';
import type { Api } from '../../../../runtime/protocol/api.ts';

export interface Sent {
  readonly to: Destination;
  readonly purpose: string;
  readonly api: string;
  // biome-ignore lint/suspicious/noExplicitAny: requests of every API, looked into by tests that know which
  readonly request: any;
}

export class ScriptedClient implements KafkaClient {
  readonly sent: Sent[] = [];
  readonly #answers = new Map<string, (request: never) => unknown>();
  readonly #open = new Set<{
    readonly to: Destination;
    readonly purpose: string;
    readonly reject: (error: Error) => void;
  }>();

  /** @param answer returns the response or a promise of it, or throws a KafkaError */
  on<Req, Res>(api: Api<Req, Res>, answer: (request: Req) => Partial<Res> | Promise<Partial<Res>>): void {
    this.#answers.set(api.name, answer as (request: never) => unknown);
  }

  async send<Req, Res>(
    to: Destination,
    purpose: string,
    api: Api<Req, Res>,
    request: Req,
    _options?: SendOptions,
  ): Promise<Res> {
    this.sent.push({ to, purpose, api: api.name, request });
    const answer = this.#answers.get(api.name);
    if (answer === undefined) throw new Error(`the test does not answer ${api.name}`);
    const released = Promise.withResolvers<never>();
    const open = { to, purpose, reject: released.reject };
    this.#open.add(open);
    try {
      return (await Promise.race([released.promise, answer(request as never)])) as Res;
    } finally {
      this.#open.delete(open);
    }
  }

  recycle(): void {}

  async release(purpose: string, at?: BrokerAddress): Promise<void> {
    for (const open of this.#open) {
      if (open.purpose === purpose && (at === undefined || open.to === at)) open.reject(connectionError());
    }
  }

  async close(): Promise<void> {}

  /** Names of the APIs that were called, in order. */
  get calls(): readonly string[] {
    return this.sent.map(({ api }) => api);
  }

  /** Requests of one API, in order. */
  requests(api: string): readonly Sent['request'][] {
    return this.sent.filter((sent) => sent.api === api).map(({ request }) => request);
  }
}

export function connectionError(): KafkaError {
  return new KafkaError('RT_KAFKA_CONNECTION', 'the connection was closed', { retryable: true });
}
