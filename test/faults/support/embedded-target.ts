/** An embedded broker of the test's own, for scenes that do not need Apache Kafka to say what they have to say. */
import { createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import type { TestContext } from '../../../runtime/testing/index.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import type { SceneTarget } from './scene.ts';

export async function embeddedTarget(t: TestContext): Promise<SceneTarget> {
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  t.onTestFinished(() => broker.close());
  return {
    addresses: [broker.address],
    fresh: (prefix) => prefix,
    owns: () => {},
    async makeTopic(topic, partitions) {
      const admin = new TestKafka([broker.address]);
      await admin.createTopics({ [topic]: { partitions } });
      await admin.close();
      return topic;
    },
  };
}
