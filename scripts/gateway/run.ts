/**
 * One run of the load: a broker, a gateway in a process of its own, clients, the broker's restart in the middle, the end
 * of the gateway by SIGTERM, and what lies in the topic then.
 */
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { createProject } from '../../test/support/project.ts';
import { RuntimeProgram, spawnRuntime } from '../../test/support/runtime-program.ts';
import { type Sent, sendAll } from './client.ts';
import { type Ground, openGround } from './ground.ts';
import type { LoadOptions } from './options.ts';
import { judge, type Verdict } from './verdict.ts';

export interface LoadResult extends Omit<Sent, 'accepted'> {
  readonly verdict: Verdict;
  /** How long the broker was away. */
  readonly awayMs: number;
  /** Of the gateway's process, after SIGTERM. */
  readonly exitCode: number;
}

const topic = 'orders.stream';
/** After the last request was due: a busy machine sends more slowly than it was asked to. */
const patience = { leastMs: 300_000, perSecondMs: 20_000 };

const manifest = {
  gateway: { port: 0, routes: { 'POST /orders': { topic, type: 'OrderPlaced', key: '$.customer_id' } } },
  observability: { http: { port: 0 } },
};

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const ground = await openGround(options);
  const project = createProject(manifest);
  const kafka = new TestKafka(addressesOf(ground.brokers));
  const program = new RuntimeProgram(spawnRuntime(['start', project.manifest], { KAFKA_BROKERS: ground.brokers }));
  try {
    await kafka.createTopics({ [topic]: { partitions: 6 } });
    await program.joined();
    const [, url] = await program.says(/the gateway answers 1 routes at (http:[^"\s]+)/);
    const { seconds, rate, connections } = options;
    const requests = seconds * rate;
    const patienceMs = Math.max(patience.leastMs, seconds * patience.perSecondMs);
    const middle = Promise.withResolvers<void>();
    const load = { requests, rate, connections, patienceMs, keyPrefix: 'load', half: middle.resolve };
    const sending = sendAll({ url: `${url}/orders`, ...load }).finally(middle.resolve);
    const [sent, awayMs] = await Promise.all([sending, middle.promise.then(() => restart(ground))]);
    program.signal('SIGTERM');
    const { code } = await program.exit();
    const { accepted, ...rest } = sent;
    return { ...rest, verdict: judge(accepted, await kafka.read(topic)), awayMs, exitCode: code };
  } finally {
    await program.close();
    await kafka.close();
    await ground.close();
    project.close();
  }
}

async function restart(ground: Ground): Promise<number> {
  const startedAt = performance.now();
  await ground.restart();
  return performance.now() - startedAt;
}

function addressesOf(brokers: string) {
  return brokers.split(',').map((address) => {
    const [host, port] = address.split(':');
    return { host: host!, port: Number(port) };
  });
}
