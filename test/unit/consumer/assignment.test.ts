// The promises about one partition: opened first, then revoked or lost, never both at once, and nothing in between.
import { expect, test } from 'vitest';
import { Assignment } from '../../../runtime/consumer/assignment.ts';
import type { Search } from '../../../runtime/consumer/positions.ts';
import { EventHub } from '../../../runtime/core/events.ts';
import { partitionKey, type TopicPartition } from '../../../runtime/core/record-set.ts';

const a: TopicPartition = { topic: 't', partition: 0 };
const b: TopicPartition = { topic: 't', partition: 1 };

function scene() {
  const story: string[] = [];
  const errors: unknown[] = [];
  const hub = new EventHub();
  hub.listen((name, event) => {
    if (name === 'partition.closed') story.push(`${'lost' in event && event.lost ? 'lost' : 'closed'} event`);
    if (name === 'partition.outOfRange' && 'to' in event) story.push(`out of range ${event.from} → ${event.to}`);
  });
  /** Ends the drain that is under way. */
  let drained = Promise.withResolvers<boolean>();
  /** Searches that wait for an answer. */
  const searches: Search<TopicPartition>[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: one collector for searches of any partition type
  const search = async (asked: Search<any>): Promise<void> => void searches.push(asked);
  const names = (partitions: readonly TopicPartition[]): string => partitions.map(partitionKey).join(' ');
  const assignment = new Assignment({
    group: 'g',
    emit: hub.emit,
    positions: { first: search, fromStart: search },
    drainBudgetMs: 25_000,
    discard: (gone) => story.push(`discard ${names([a, b].filter(gone))}`),
    arranged: () => {},
    failed: (error) => errors.push(error),
    hooks: {
      hasRoom: () => true,
      opened: (partition, _epoch, position) => story.push(`opened ${partitionKey(partition)}@${position}`),
      revoked: (partitions, budgetMs) => {
        story.push(`revoked ${names(partitions)} in ${budgetMs}`);
        drained = Promise.withResolvers();
        return drained.promise;
      },
      lost: (partitions) => story.push(`lost ${names(partitions)}`),
    },
  });
  const answer = (position: number): void => {
    for (const { partitions, wanted, found } of searches.splice(0)) {
      for (const partition of partitions) if (wanted(partition)) found(partition, position);
    }
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { assignment, story, errors, answer, turn, drain: (finished: boolean) => drained.resolve(finished) };
}

test('fetching stops before the drain begins; what was not handed over is dropped', async () => {
  const { assignment, story, answer, drain } = scene();
  assignment.assigned([a, b]);
  answer(5);
  const epoch = assignment.get(a)!.epoch;
  const revoked = assignment.revoked([a, b], 1000, 'revoked');
  expect(story).toEqual(['opened t/0@5', 'opened t/1@5', 'discard t/0 t/1', 'revoked t/0 t/1 in 1000']);
  expect([assignment.get(a)!.fetchable, assignment.get(a)!.mayCommit(epoch)]).toEqual([false, true]);
  drain(true);
  expect(await revoked).toBe(true);
  expect(assignment.get(a)).toBe(null);
  expect(story.slice(4)).toEqual(['closed event', 'closed event']);
});

test('a partition that never opened is given up without a word', async () => {
  const { assignment, story, answer } = scene();
  assignment.assigned([a]);
  expect(await assignment.revoked([a], 1000, 'revoked')).toBe(true);
  assignment.assigned([b]);
  assignment.lost([b]);
  answer(5);
  expect(story.filter((line) => !line.startsWith('discard'))).toEqual([]);
  expect([...assignment.all()]).toEqual([]);
});

test('lost while it drains: told at once, never committed again, closed once', async () => {
  const { assignment, story, answer, drain } = scene();
  assignment.assigned([a]);
  answer(0);
  const { epoch } = assignment.get(a)!;
  const partition = assignment.get(a)!;
  const revoked = assignment.revoked([a], 1000, 'revoked');
  assignment.lost([a]);
  expect(story.slice(-2)).toEqual(['lost t/0', 'lost event']);
  expect(partition.mayCommit(epoch)).toBe(false);
  drain(false);
  expect(await revoked).toBe(false);
  expect(story.filter((line) => line.endsWith('event'))).toHaveLength(1);
});

test('assigned again it has another epoch, and late answers of the first search open nothing', async () => {
  const { assignment, story, answer, drain } = scene();
  assignment.assigned([a]);
  answer(0);
  const before = assignment.get(a)!.epoch;
  const revoked = assignment.revoked([a], 1000, 'revoked');
  drain(true);
  await revoked;
  assignment.assigned([a]);
  answer(7);
  expect(assignment.get(a)!.epoch).toBeGreaterThan(before);
  expect(story.filter((line) => line.startsWith('opened'))).toEqual(['opened t/0@0', 'opened t/0@7']);
});

test('a position that does not exist: finishes what is in flight, then opens elsewhere under a new epoch', async () => {
  const { assignment, story, answer, turn, drain } = scene();
  assignment.assigned([a]);
  answer(90);
  const before = assignment.get(a)!;
  assignment.reset(before);
  expect(story.slice(-1)).toEqual(['revoked t/0 in 25000']);
  drain(true);
  await turn();
  expect(assignment.get(a)?.state).toBe('opening');
  answer(3);
  expect(story.slice(-2)).toEqual(['out of range 90 → 3', 'opened t/0@3']);
  expect(assignment.get(a)!.epoch).toBeGreaterThan(before.epoch);
});

test('a revocation during such a reset waits for its drain, and nothing opens afterwards', async () => {
  const { assignment, story, answer, turn, drain } = scene();
  assignment.assigned([a]);
  answer(90);
  assignment.reset(assignment.get(a)!);
  let over = false;
  const revoked = assignment.revoked([a], 1000, 'revoked').then((finished) => {
    over = true;
    return finished;
  });
  await turn();
  expect(over).toBe(false);
  drain(true);
  expect(await revoked).toBe(true);
  await turn();
  answer(3);
  expect([...assignment.all()]).toEqual([]);
  expect(story.filter((line) => line.startsWith('revoked'))).toHaveLength(1);
  expect(story.filter((line) => line.startsWith('opened'))).toEqual(['opened t/0@90']);
});

test('lost during such a reset, nothing opens afterwards', async () => {
  const { assignment, answer, errors, turn, drain } = scene();
  assignment.assigned([a]);
  answer(90);
  assignment.reset(assignment.get(a)!);
  assignment.lost([a]);
  drain(false);
  await turn();
  answer(3);
  expect([...assignment.all()]).toEqual([]);
  expect(errors).toEqual([]);
});

test('reopening drops what was read under the old epoch', () => {
  const { assignment, story, answer } = scene();
  assignment.assigned([a]);
  answer(0);
  const before = assignment.get(a)!.epoch;
  expect(assignment.reopen(a, 4)).toBeGreaterThan(before);
  expect(story.at(-1)).toBe('discard t/0');
  expect(assignment.get(a)!.position).toBe(4);
  expect(assignment.reopen(b, 4)).toBe(null);
});
