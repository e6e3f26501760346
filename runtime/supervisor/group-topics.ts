/**
 * Creates the topics of one group that are missing, before the group starts. For each group by itself: a topic that one
 * of them may not create does not stop the others.
 */
import type { GroupSettings } from '../core/settings.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { ensureTopics } from '../kafka/topic-creator.ts';
import type { SharedDeps } from './shared.ts';

/** Then it counts as a failure of the group, which is told, and tried again with backoff. */
const timeoutMs = 10_000;

/** @throws KafkaError when they cannot be created, or not in time */
export async function ensureGroupTopics(
  group: GroupSettings,
  client: KafkaClient,
  { clock, random, logger }: SharedDeps,
): Promise<void> {
  const created = await ensureTopics({ client, clock, random, groups: [group], timeoutMs });
  if (created.length > 0) logger.info(`created topics ${created.join(', ')}`);
}
