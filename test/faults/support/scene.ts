/**
 * A runtime behind a network that can fail, in front of the embedded broker or of Apache Kafka, with records flowing:
 *
 *   load ─▶ broker ◀═ network, frames ═▶ runtime ─▶ load's handler
 */
import type { Clock } from '../../../runtime/core/clock.ts';
import type { BrokerAddress } from '../../../runtime/core/settings.ts';
import {
  FaultyFrames,
  type FaultyNetwork,
  startFaultyNetwork,
  startTestRuntime,
  type TestContext,
  type TestRuntime,
} from '../../../runtime/testing/index.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import { quick } from '../../scenarios/support/quick.ts';
import { Load } from './load.ts';

/** Where a broker is, and names and topics that nobody else has there. `Target` of the peers' tests is one. */
export interface SceneTarget {
  readonly addresses: readonly BrokerAddress[];
  fresh(prefix: string): string;
  makeTopic(prefix: string, partitions: number): Promise<string>;
  /** Topics that the test makes; whoever keeps the broker cleans up. */
  owns(...topics: readonly string[]): void;
}

export interface SceneOptions {
  readonly partitions?: number;
  /** Keys of the group, over the quick ones. */
  readonly group?: Readonly<Record<string, unknown>>;
  /** Other sections of the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** False: returns before the group has joined. */
  readonly joined?: boolean;
  /** False: committed offsets are not looked at, for a topic of very many partitions. */
  readonly sampled?: boolean;
  readonly clock?: Clock;
  /** Called before the runtime starts. */
  readonly before?: (frames: FaultyFrames, network: FaultyNetwork) => void;
}

export interface Scene {
  readonly rt: TestRuntime;
  readonly network: FaultyNetwork;
  readonly frames: FaultyFrames;
  readonly load: Load;
  /** Of the broker itself, past the network. */
  readonly kafka: TestKafka;
  readonly topic: string;
  readonly group: string;
  /** Another member of the same group, behind the same network. @param changes of the group's keys */
  again(changes: Readonly<Record<string, unknown>>): Promise<TestRuntime>;
  /** Waits until everything is handled and committed. */
  finished(): Promise<void>;
}

const maxRetries = 1;

export async function startScene(t: TestContext, target: SceneTarget, options: SceneOptions = {}): Promise<Scene> {
  const { partitions = 2 } = options;
  const topic = await target.makeTopic('faults', partitions);
  target.owns(`${topic}.dlq`);
  const group = target.fresh('faults');
  const kafka = new TestKafka(target.addresses);
  t.onTestFinished(() => kafka.close());
  await kafka.createTopics({ [`${topic}.dlq`]: { partitions: 1 } });
  const load = new Load(t, { kafka, group, topic, partitions, maxRetries, sampled: options.sampled ?? true });

  const frames = new FaultyFrames({ advertise: () => network.address });
  const network = await startFaultyNetwork(() => target.addresses[0]!, { tap: frames.tap });
  t.onTestFinished(() => network.close());
  options.before?.(frames, network);
  const runtimeOf = (changes: SceneOptions['group'] = {}) =>
    startTestRuntime(t, {
      brokers: [network.address],
      group: {
        ...quick,
        name: group,
        topics: [topic],
        concurrency: { max: 32 },
        retry: { ...quick.retry, maxRetries },
        timeouts: { ...quick.timeouts, session: '30s' },
        ...options.group,
        ...changes,
      },
      handler: load.handler,
      joined: options.joined ?? true,
      ...(options.clock && { clock: options.clock }),
      ...(options.manifest && { manifest: options.manifest }),
    });
  const rt = await runtimeOf();
  const finished = () => load.finished(() => rt.runtime.health());
  return { rt, network, frames, load, kafka, topic, group, again: runtimeOf, finished };
}
