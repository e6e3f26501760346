/**
 * The one thing the runtime asks of a Kafka client library: carry a request to a broker and bring back the answer.
 * Connecting, TLS, SASL, framing and correlation are the library's; which request, and what an answer means, is ours.
 * Every adapter passes `testing/client-conformance.ts`.
 */
import type { BrokerAddress } from '../core/settings.ts';
import type { Api } from '../protocol/api.ts';

/** `any`: the first of the configured brokers that answers. */
export type Destination = 'any' | BrokerAddress;

/**
 * A broker serves the requests of one connection one after the other, so a long poll or a waiting JoinGroup holds back
 * all that follow. Requests of one purpose share a connection per broker; different purposes never do.
 * By convention: `metadata`, `produce`, `fetch:<group>`, `coordinator:<group>`, `commit:<group>`.
 */
export type Purpose = string;

export interface SendOptions {
  /** Not above this version, for requests whose newer shape we do not use. */
  readonly maxVersion?: number;
  /** Instead of `kafka.requestTimeout`; longer than what the broker is asked to wait. Milliseconds. */
  readonly timeoutMs?: number;
  /** How long the broker is asked to wait before it answers, on top of the timeout. Milliseconds. */
  readonly brokerWaitMs?: number;
  /** Produce with acks 0 is never answered: the promise resolves with `null as Res` once the bytes are written. */
  readonly noResponse?: boolean;
}

export interface KafkaClient {
  /**
   * Sends one request in the highest version that both sides speak. Requests of one purpose to one broker are sent in
   * the order of the calls. Error codes inside the answer are the caller's to read.
   *
   * @throws KafkaError `RT_KAFKA_CONNECTION` (retryable), `RT_KAFKA_TIMEOUT` (retryable), `RT_KAFKA_PROTOCOL` (a frame
   *   longer than `kafka.maxResponseBytes`, or bytes that do not decode; the connection is closed), `RT_KAFKA_UNSUPPORTED`
   *   (no common version; not retryable), `RT_KAFKA_REFUSED` (authentication; not retryable)
   */
  send<Req, Res>(
    to: Destination,
    purpose: Purpose,
    api: Api<Req, Res>,
    request: Req,
    options?: SendOptions,
  ): Promise<Res>;

  /**
   * Bytes of the last answer to this purpose from this broker are not looked at any more: their memory may take the
   * next answer. For large answers that come one after the other; whoever does not call it may keep what it got.
   */
  recycle(at: BrokerAddress, purpose: Purpose): void;

  /**
   * Closes the connections of a purpose at once; its open requests reject with `RT_KAFKA_CONNECTION`.
   * @param at only the one to this broker
   */
  release(purpose: Purpose, at?: BrokerAddress): Promise<void>;

  /** Releases every purpose. Later calls of `send` reject. Resolves when no socket or timer is left. */
  close(): Promise<void>;
}
