/** What every adapter of `port.ts` is made from. */
import type { Clock } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import type { BrokerAddress } from '../core/settings.ts';

export interface KafkaClientOptions {
  /** Where to begin: at least one. */
  readonly brokers: readonly BrokerAddress[];
  readonly clientId: string;
  /** From the request being written to its answer, where the call does not say otherwise. */
  readonly requestTimeoutMs: number;
  /** A response frame that announces more closes the connection before it is buffered. */
  readonly maxResponseBytes: number;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** `host:port`, for messages and as a key for maps. */
export function addressText(broker: BrokerAddress): string {
  return broker.host.includes(':') ? `[${broker.host}]:${broker.port}` : `${broker.host}:${broker.port}`;
}
