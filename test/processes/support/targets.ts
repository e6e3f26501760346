/** The two brokers that processes share in these tests: `runtime broker` as a process of its own, and Apache Kafka. */
import { createInterface } from 'node:readline';
import { exited } from '../../../scripts/real/bound-process.ts';
import { Target } from '../../peers/support/targets.ts';
import { realKafka } from '../../real/support/real-kafka.ts';
import { spawnRuntime } from './runtime-process.ts';

/** @throws with REQUIRE_KAFKA=1, when there is no Apache Kafka */
export async function processTargets(): Promise<readonly Target[]> {
  const embedded = new Target('embedded broker', () => startBrokerProcess(0));
  const kafka = await realKafka();
  if (kafka.missing) return [embedded];
  return [embedded, new Target('Apache Kafka', async () => ({ brokers: kafka.brokers, close: async () => {} }))];
}

/** @param port 0 takes any free one; the first line that the command prints tells which */
export async function startBrokerProcess(port: number) {
  const child = spawnRuntime(['broker', '--port', String(port)]);
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited(child);
  };
  for await (const line of createInterface({ input: child.stdout! })) {
    const brokers = /^listening on (\S+:\d+)/.exec(line)?.[1];
    if (brokers !== undefined) return { brokers, close };
  }
  throw new Error(`runtime broker ended with exit code ${await exited(child)} before it listened`);
}
