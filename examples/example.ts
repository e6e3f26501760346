/** What the examples share: where Kafka is, waiting for what handlers do, and an order to publish. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Runtime } from 'kafka-worker-runtime';

/** Nothing but what the example itself prints, and no port. */
export const quiet = { logs: false, http: false } as const;

/** KAFKA_BROKERS for whoever wants to join: the embedded broker that a runtime brought, or the Kafka that was named. */
export async function environmentOf(runtime: Runtime): Promise<Record<string, string | undefined>> {
  const brokers = await runtime.brokers();
  return { ...process.env, KAFKA_BROKERS: brokers.map(({ host, port }) => `${host}:${port}`).join(',') };
}

/** Events of one group that this runtime has handled. */
export function handled(runtime: Runtime, group: string): number {
  return runtime.stats().groups[group]?.events_processed_success ?? 0;
}

/** @throws Error after two minutes, with what was waited for */
export async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 120_000; !condition(); await sleep(5)) {
    if (Date.now() > deadline) throw new Error(`not true within two minutes: ${condition}`);
  }
}
