/** An embedded broker whose faults the test controls. */
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import type { TestContext } from '../../../runtime/testing/index.ts';

export async function embedded(t: TestContext): Promise<Broker> {
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  t.onTestFinished(() => broker.close());
  return broker;
}
