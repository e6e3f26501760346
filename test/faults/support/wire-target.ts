/** What the faults of the wire are put in front of: Apache Kafka where there is one, else the embedded broker. */
import { type Target, targets } from '../../peers/support/targets.ts';

/** @throws with REQUIRE_KAFKA=1, when there is no Apache Kafka */
export async function wireTarget(): Promise<Target> {
  return (await targets()).at(-1)!;
}
