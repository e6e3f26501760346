/** Which dead letter topics a group has, whose letters lie there, and where one of them goes when it is sent back. */
import { DeadLetterError } from '../core/errors.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { DeadLetter } from './dead-letter.ts';

export interface LetterTopic {
  readonly topic: string;
  /**
   * Topics whose records end there. A letter is sent back to none but these: whoever may write to a dead letter topic
   * could otherwise have records written anywhere.
   */
  readonly sources: readonly string[];
  /** `dlq.maxReplays`. */
  readonly maxReplays: number;
}

/** Without those of topics for which `dlq.enabled` is false. */
export function letterTopicsOf(group: Pick<GroupSettings, 'topics' | 'dlq'>): readonly LetterTopic[] {
  const withLetters = group.topics.filter(({ dlqTopic }) => dlqTopic !== null);
  return [...Map.groupBy(withLetters, ({ dlqTopic }) => dlqTopic!)].map(([topic, of]) => ({
    topic,
    sources: of.map(({ name }) => name),
    maxReplays: group.dlq.maxReplays,
  }));
}

/** @returns the topic that the letter is to be sent to @throws DeadLetterError when it cannot, or has been too often */
export function destinationOf(letter: DeadLetter, from: LetterTopic, force: boolean): string {
  const which = `dead letter ${letter.topic}/${letter.partition} at offset ${letter.offset}`;
  if (letter.truncated) {
    const { topic, partition, offset } = letter.original;
    const where = topic === null ? '' : `; the whole one was ${topic}/${partition} at offset ${offset}`;
    throw unfit(`${which}: parts of the record are left out, because it was too large to keep${where}`);
  }
  const destination = letter.original.topic ?? (from.sources.length === 1 ? from.sources[0]! : null);
  if (destination === null) {
    throw unfit(`${which}: no header dlq_original_topic, and it may be from any of ${from.sources.join(', ')}`);
  }
  if (!from.sources.includes(destination)) {
    const known = from.sources.join(', ') || 'none';
    throw unfit(`${which}: it came from ${destination}, which is not among the topics it may go back to (${known})`);
  }
  if (letter.replayCount >= from.maxReplays && !force) {
    const message = `${which}: sent back ${letter.replayCount} times already, and dlq.maxReplays is ${from.maxReplays}: find out why it still fails, or force it`;
    throw new DeadLetterError('RT_DEAD_LETTER_REPLAYS', message, { retryable: false });
  }
  return destination;
}

function unfit(message: string): DeadLetterError {
  return new DeadLetterError('RT_DEAD_LETTER_UNFIT', message, { retryable: false });
}
