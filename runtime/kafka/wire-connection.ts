/**
 * One connection to one broker, from the first byte to the last.
 *
 *   connecting ──versions known──▶ open ──▶ closed      closed: socket ended, frame refused, request timed out, close()
 *        └──────────connect failed──────────▲
 *
 * Requests wait while it connects and are then written in the order of the calls. A closed connection never opens
 * again: the client makes a new one. A request that times out closes the connection, because the answer that may
 * still come holds back everything behind it. A broker answers in the order of the requests: an answer out of turn is
 * one to another request, whatever its correlation id says, so it is not taken and the connection ends.
 */
import type { Clock } from '../core/clock.ts';
import { type ErrorCode, KafkaError } from '../core/errors.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { Api } from '../protocol/api.ts';
import { responseHasTags, skipTags } from '../protocol/frame.ts';
import { ProtocolError, Reader } from '../protocol/reader.ts';
import { addressText, type KafkaClientOptions } from './client-options.ts';
import type { SendOptions } from './port.ts';
import type { CreateTransport, RawRequest, Transport } from './transport.ts';
import { askVersions, type BrokerVersions, pickVersion } from './versions.ts';

const connectTimeoutMaxMs = 10_000; // as socket.connection.setup.timeout.ms of the Java client

export interface WireConnectionHooks {
  readonly opened: () => void;
  /** Called once, unless `close()` ended the connection. `failed`: something was waiting for it. */
  readonly lost: (message: string, failed: boolean) => void;
}

export class WireConnection {
  readonly #node: string;
  readonly #clock: Clock;
  readonly #requestTimeoutMs: number;
  readonly #transport: Transport;
  readonly #hooks: WireConnectionHooks;
  readonly #versions: Promise<BrokerVersions>;
  /** Rejects each open request. */
  readonly #open = new Set<(error: KafkaError) => void>();
  /** Requests that will be answered, the next one first. */
  readonly #unanswered: RawRequest[] = [];
  #state: 'connecting' | 'open' | 'closed' = 'connecting';
  #gone: Promise<void> = Promise.resolve();

  constructor(
    broker: BrokerAddress,
    options: KafkaClientOptions,
    createTransport: CreateTransport,
    hooks: WireConnectionHooks,
  ) {
    this.#node = addressText(broker);
    this.#clock = options.clock;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.#hooks = hooks;
    this.#transport = createTransport({
      host: broker.host,
      port: broker.port,
      clientId: options.clientId,
      connectTimeoutMs: Math.min(options.requestTimeoutMs, connectTimeoutMaxMs),
      maxResponseBytes: options.maxResponseBytes,
      onBadLength: (length) => this.#lose(this.#badLength(length, options.maxResponseBytes)),
      onUnasked: () => this.#lose(this.#error('RT_KAFKA_PROTOCOL', 'an answer came to a request that was not sent')),
      onClosed: () => this.#lose(this.#error('RT_KAFKA_CONNECTION', 'the connection was closed')),
    });
    this.#versions = this.#connect();
    this.#versions.catch(() => {}); // told to whoever sends
  }

  /** False once it can carry no more requests. */
  get usable(): boolean {
    return this.#state === 'connecting' || (this.#state === 'open' && this.#transport.isConnected());
  }

  /** Resolves when requests can be sent. @throws KafkaError */
  async ready(): Promise<void> {
    await this.#versions;
  }

  /** @throws KafkaError as `KafkaClient.send` */
  async send<Req, Res>(api: Api<Req, Res>, request: Req, options: SendOptions = {}): Promise<Res> {
    const version = pickVersion(api, await this.#versions, this.#node, options.maxVersion);
    const flexible = api.isFlexible(version);
    const body = api.writeRequest(request, version);
    const answer = await this.#exchange(
      {
        apiKey: api.key,
        apiVersion: version,
        apiName: api.name,
        // Transports write header v1 only; an empty tag section makes it the v2 of flexible versions.
        body: flexible ? Buffer.concat([Buffer.of(0), body]) : body,
        expectResponse: options.noResponse !== true,
      },
      (options.timeoutMs ?? this.#requestTimeoutMs) + (options.brokerWaitMs ?? 0),
    );
    if (options.noResponse === true) return null as Res;
    try {
      const reader = new Reader(answer);
      if (responseHasTags(api.key, flexible)) skipTags(reader);
      return api.readResponse(reader, version);
    } catch (error) {
      throw this.#undecodable(api.name, version, error);
    }
  }

  recycle(): void {
    this.#transport.recycle();
  }

  /** Rejects open requests with `reason` and resolves when the socket is gone. Not reported as lost. */
  close(reason: string): Promise<void> {
    this.#end(this.#error('RT_KAFKA_CONNECTION', reason));
    return this.#gone;
  }

  async #connect(): Promise<BrokerVersions> {
    try {
      await this.#transport.connect();
      const versions = await askVersions(
        (apiVersion, body) =>
          this.#exchange(
            {
              apiKey: 18,
              apiVersion,
              apiName: 'ApiVersions',
              body: apiVersion >= 3 ? Buffer.concat([Buffer.of(0), body]) : body,
              expectResponse: true,
            },
            this.#requestTimeoutMs,
          ),
        process.version.slice(1),
      );
      if (this.#state !== 'connecting') throw this.#error('RT_KAFKA_CONNECTION', 'the connection was closed');
      this.#state = 'open';
      this.#hooks.opened();
      return versions;
    } catch (error) {
      const translated = this.#translate(error);
      this.#lose(translated, true);
      throw translated;
    }
  }

  #exchange(request: RawRequest, timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        timer.cancel();
        this.#open.delete(fail);
      };
      const fail = (error: KafkaError): void => {
        settle();
        reject(error);
      };
      const timer = this.#clock.after(timeoutMs, () => {
        const error = this.#error('RT_KAFKA_TIMEOUT', `${request.apiName} was not answered within ${timeoutMs} ms`);
        fail(error);
        this.#lose(error, true);
      });
      if (this.#state === 'closed') return fail(this.#error('RT_KAFKA_CONNECTION', 'the connection was closed'));
      this.#open.add(fail);
      if (request.expectResponse) this.#unanswered.push(request);
      this.#transport.send(request).then(
        (answer) => {
          if (request.expectResponse && this.#unanswered.shift() !== request) {
            return this.#lose(
              this.#error('RT_KAFKA_PROTOCOL', `an answer to ${request.apiName} came out of turn`),
              true,
            );
          }
          settle();
          resolve(answer);
        },
        (error: unknown) => {
          const translated = this.#translate(error);
          fail(translated);
          this.#lose(translated, true);
        },
      );
    });
  }

  /** Ends the connection for a reason that nobody asked for. */
  #lose(error: KafkaError, failed: boolean = this.#open.size > 0): void {
    if (this.#end(error)) this.#hooks.lost(error.message, failed);
  }

  /** @returns false when it had ended before */
  #end(error: KafkaError): boolean {
    if (this.#state === 'closed') return false;
    this.#state = 'closed';
    const rest =
      error.code === 'RT_KAFKA_TIMEOUT'
        ? this.#error('RT_KAFKA_CONNECTION', 'closed because an earlier request on this connection timed out')
        : error;
    for (const fail of [...this.#open]) fail(rest);
    this.#gone = this.#transport.destroy(error);
    return true;
  }

  #undecodable(apiName: string, version: number, error: unknown): unknown {
    if (!(error instanceof ProtocolError)) return error;
    const message = `the answer to ${apiName} v${version} does not decode: ${error.message}`;
    const translated = this.#error('RT_KAFKA_PROTOCOL', message, error);
    this.#lose(translated, true);
    return translated;
  }

  #badLength(length: number, maxBytes: number): KafkaError {
    return this.#error(
      'RT_KAFKA_PROTOCOL',
      `a response frame of ${length} bytes was announced, 4 to ${maxBytes} are allowed: raise kafka.maxResponseBytes, or check that the address is a Kafka broker's plaintext listener`,
    );
  }

  /** Libraries have one error class per cause; for us they are all the connection. */
  #translate(error: unknown): KafkaError {
    if (error instanceof KafkaError) return error;
    if (error instanceof ProtocolError) {
      return this.#error('RT_KAFKA_PROTOCOL', `the answer to ApiVersions does not decode: ${error.message}`, error);
    }
    return this.#error('RT_KAFKA_CONNECTION', error instanceof Error ? error.message : String(error), error);
  }

  #error(code: ErrorCode, message: string, cause?: unknown): KafkaError {
    return new KafkaError(code, `${this.#node}: ${message}`, { retryable: true, cause });
  }
}
