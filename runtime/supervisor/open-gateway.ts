/** Opens the gateway on what the process shares: its way to write, and its topics, which are made where they are missing. */
import { randomUUID } from 'node:crypto';
import { toErrorData } from '../core/error-data.ts';
import { isRuntimeFault } from '../core/errors.ts';
import type { GatewaySettings } from '../core/gateway-settings.ts';
import type { ProducerSettings } from '../core/settings.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import { gatewayLimits } from '../gateway/limits.ts';
import type { WriteResult } from '../gateway/outcome.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { ensureTopics } from '../kafka/topic-creator.ts';
import type { Producer, ProducerOptions } from '../publisher/producer.ts';
import type { SharedDeps } from './shared.ts';

export interface GatewayDeps extends SharedDeps {
  readonly producer: Producer;
  readonly client: KafkaClient;
}

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
export function openGateway(settings: GatewaySettings, deps: GatewayDeps, signal: AbortSignal): Promise<Gateway> {
  const { producer, clock, emit } = deps;
  void makeTopics(settings, deps, signal);
  const write = async (record: OutboundRecord): Promise<WriteResult> => {
    const { places, failures } = await producer.deliver([record], { waits: false });
    const [place] = places;
    return place ? { kind: 'written', place } : { kind: 'failed', error: failures[0]?.error };
  };
  return startGateway({ settings, write, clock, emit, newId: randomUUID });
}

/** Until it succeeds: requests for a topic that is not there are answered 503 meanwhile. */
async function makeTopics({ routes }: GatewaySettings, deps: GatewayDeps, signal: AbortSignal): Promise<void> {
  const { client, clock, random, logger } = deps;
  const topics = [...new Set(routes.map(({ topic }) => topic))].map((name) => ({ name, dlqTopic: null }));
  while (!signal.aborted) {
    try {
      const created = await ensureTopics({ client, clock, random, groups: [{ topics }] });
      if (created.length > 0) logger.info(`created topics ${created.join(', ')}`);
      return;
    } catch (error) {
      if (signal.aborted) return;
      logger.error(`gateway: ${toErrorData(error).message}`);
      if (!isRuntimeFault(error) || !error.retryable) return;
    }
  }
}
