/** Opens the gateway on what the process shares: its way to write, and its topics, which are made where they are missing. */
import { randomUUID } from 'node:crypto';
import { toErrorData } from '../core/error-data.ts';
import { isRuntimeFault } from '../core/errors.ts';
import type { GatewaySettings } from '../core/gateway-settings.ts';
import type { ProducerSettings } from '../core/settings.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import { gatewayLimits } from '../gateway/limits.ts';
import type { WriteResult } from '../gateway/outcome.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { ensureTopics } from '../kafka/topic-creator.ts';
import type { Producer, ProducerOptions } from '../publisher/producer.ts';
import type { SharedDeps } from './shared.ts';

/**
 * How the gateway writes: an answer says where the event is, so everybody acknowledges it; and what was sent is never
 * given up, so that it is always known in the end whether it was written.
 */
export function forGateway(producer: ProducerSettings): {
  readonly settings: ProducerSettings;
  readonly options: Pick<ProducerOptions, 'deliveryTimeoutMs' | 'untilAnswered'>;
} {
  const maxBlockMs = Math.min(producer.maxBlockMs, gatewayLimits.unsentMs); // here it is how long a topic may be unknown
  const settings = { ...producer, acks: -1, maxBlockMs } as const;
  return { settings, options: { deliveryTimeoutMs: gatewayLimits.unsentMs, untilAnswered: true } };
}

/** @throws UsageError when the address cannot be listened on */
export function openGateway(settings: GatewaySettings, producer: Producer, deps: SharedDeps): Promise<Gateway> {
  const { clock, emit } = deps;
  const write = async (record: OutboundRecord): Promise<WriteResult> => {
    const { places, failures } = await producer.deliver([record], { waits: false });
    const [place] = places;
    return place ? { kind: 'written', place } : { kind: 'failed', error: failures[0]?.error };
  };
  return startGateway({ settings, write, clock, emit, newId: randomUUID });
}

/**
 * Makes the topics of routes that are missing; it tries until that succeeds, and requests for them are answered 503
 * meanwhile. @returns what no further try can change; null when they are there, or the signal came first
 */
export async function ensureGatewayTopics(
  { routes }: GatewaySettings,
  client: KafkaClient,
  { clock, random, logger }: SharedDeps,
  signal: AbortSignal,
): Promise<unknown> {
  const topics = [...new Set(routes.map(({ topic }) => topic))].map((name) => ({ name, dlqTopic: null }));
  while (!signal.aborted) {
    try {
      const created = await unlessAborted(ensureTopics({ client, clock, random, groups: [{ topics }] }), signal);
      if (created !== null && created.length > 0) logger.info(`created topics ${created.join(', ')}`);
      return null;
    } catch (error) {
      logger.error(`gateway: ${toErrorData(error).message}`);
      if (!isRuntimeFault(error) || !error.retryable) return error;
    }
  }
  return null;
}
