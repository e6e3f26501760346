/** Which topics a group reads, and where the dead letters of each go. */

import type { TopicSettings } from '../core/settings.ts';
import type { Path, Report } from './problem.ts';
import type { GroupValue } from './schema/schema.ts';
import { quote } from './tree.ts';

/** Kafka's limit on the name of a topic. */
const topicCharactersMax = 249;

/** Kafka's own records, in a format of its own. */
const internalTopics = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  '__cluster_metadata',
]);

/** `topicPrefix: orders` is the topic `orders.stream`; `topics` are taken as written. */
export function resolveTopics(value: GroupValue, report: Report): readonly TopicSettings[] {
  const { topicPrefix, topics: literal, dlq } = value;
  if ((topicPrefix === undefined) === (literal === undefined)) {
    const got = topicPrefix === undefined ? 'neither' : 'both';
    report(topicPrefix === undefined ? [] : ['topics'], 'which topics to read is not clear', {
      got,
      want: 'topicPrefix or topics',
    });
    return [];
  }
  const keyOf = (index: number): Path => (literal === undefined ? ['topicPrefix'] : ['topics', index]);
  const names = literal ?? [`${topicPrefix}.stream`];
  const dlqTopicOf = (name: string): string => dlq.topic ?? `${name}${dlq.suffix}`;
  const firstIndex = new Map<string, number>();
  for (const [index, name] of names.entries()) if (!firstIndex.has(name)) firstIndex.set(name, index);

  for (const [index, name] of names.entries()) {
    const longest = dlq.enabled && dlqTopicOf(name).length > name.length ? dlqTopicOf(name) : name;
    if (firstIndex.get(name)! < index) report(keyOf(index), 'the same topic twice in one group', { got: quote(name) });
    if (internalTopics.has(name))
      report(keyOf(index), "one of Kafka's own topics, which no group may read", { got: quote(name) });
    if (longest.length > topicCharactersMax) {
      const got = `${longest.length} characters: ${quote(longest)}`;
      report(keyOf(index), 'the name of a topic becomes too long', { got, want: `${topicCharactersMax} at most` });
    }
    const readAgain = dlq.enabled ? firstIndex.get(dlqTopicOf(name)) : undefined;
    if (readAgain !== undefined) {
      const key = dlq.topic === null ? keyOf(readAgain) : ['dlq', 'topic'];
      const what = `dead letters of ${name} would be read again by the same group`;
      report(key, what, { got: quote(dlqTopicOf(name)), want: 'a dead letter topic that the group does not read' });
    }
  }
  return names.map((name) => ({ name, dlqTopic: dlq.enabled ? dlqTopicOf(name) : null }));
}
