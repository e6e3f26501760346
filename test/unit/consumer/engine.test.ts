// The consumer as a whole, on the embedded broker: members share partitions, give them up in order, commit and resume.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { EventHub } from '../../../runtime/core/events.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { partitionKey } from '../../../runtime/core/record-set.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { eventually } from './support/eventually.ts';
import { groupSettings } from './support/group-settings.ts';
import { type Member, startMember } from './support/member.ts';
import { type TestTopics, testTopics } from './support/topics.ts';

let broker: Broker;
let topics: TestTopics;

beforeEach(async () => {
  broker = await createBroker({ clock: systemClock, random: seededRandom(7) });
  topics = testTopics(broker.address);
});
afterEach(async () => {
  await topics[Symbol.asyncDispose]();
  await broker.close();
});

const owned = (member: Member): readonly string[] => [...member.owned.keys()].sort();
const received = (member: Member): number => member.sets.reduce((sum, set) => sum + set.recordCount, 0);

test('one member owns every partition, reads all records, and resumes behind its commit', async () => {
  await topics.create('a', 3);
  for (const partition of [0, 1, 2]) await topics.write('a', partition, 10);
  {
    await using member = startMember(broker.address, groupSettings('g', ['a']));
    await eventually(() => received(member)).toBe(30);
    expect(member.sets.map((set) => [set.firstOffset, set.lastOffset])).toEqual([
      [0, 9],
      [0, 9],
      [0, 9],
    ]);
    expect(await member.leave()).toBe(true);
  }
  for (const partition of [0, 1, 2]) expect(await topics.committed('g', 'a', partition)).toBe(10);
  await topics.write('a', 1, 5);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => received(member)).toBe(5);
  expect(member.sets.map((set) => [set.partition, set.firstOffset, set.lastOffset])).toEqual([[1, 10, 14]]);
});

test('two members share the partitions; when one leaves the other has all of them', async () => {
  await topics.create('a', 6);
  await using first = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => owned(first)).toHaveLength(6);
  await using second = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => [owned(first).length, owned(second).length]).toEqual([3, 3]);
  expect(new Set([...owned(first), ...owned(second)]).size).toBe(6);
  for (let partition = 0; partition < 6; partition++) await topics.write('a', partition, 4);
  await eventually(() => received(first) + received(second)).toBe(24);
  await second.leave();
  await eventually(() => owned(first)).toHaveLength(6);
  // Everything that the second one had finished was committed before it left.
  expect(received(first)).toBe(12);
});

test('only what moves is given up, and it is committed before anybody else opens it', async () => {
  await topics.create('a', 2);
  await topics.write('a', 0, 3);
  await topics.write('a', 1, 3);
  await using first = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => received(first)).toBe(6);
  await using second = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => [owned(first).length, owned(second).length]).toEqual([1, 1]);
  const [moved] = owned(second);
  const [kept] = owned(first);
  const about = (partition: string) => first.story.filter((line) => new RegExp(`${partition}(@|$)`).test(line));
  expect(about(moved!)).toEqual([`opened ${moved}`, `revoked ${moved}`, `committed ${moved}@3`]);
  expect(about(kept!)).toEqual([`opened ${kept}`]);
  expect(received(second)).toBe(0);
});

test('every opening of a partition has a higher epoch', async () => {
  await topics.create('a', 1);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => owned(member)).toEqual(['a/0']);
  const before = member.owned.get('a/0')!;
  const after = member.consumer.reopen({ topic: 'a', partition: 0 }, 0);
  expect(after).toBeGreaterThan(before.epoch);
  // What belongs to the old epoch has no effect any more.
  expect((await member.consumer.commit([{ ...before, offset: 9 }])).kind).toBe('lost');
  expect(await topics.committed('g', 'a', 0)).toBe(-1);
  expect(member.consumer.reopen({ topic: 'b', partition: 0 }, 0)).toBe(null);
});

test('a reopened partition is read again from its position', async () => {
  await topics.create('a', 1);
  await topics.write('a', 0, 10);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => received(member)).toBe(10);
  const epoch = member.consumer.reopen({ topic: 'a', partition: 0 }, 4);
  await eventually(() => member.sets.length).toBe(2);
  // The batch begins before the position; its records below are not ours.
  expect(member.sets[1]).toMatchObject({ epoch, firstOffset: 4, lastOffset: 9 });
});

test('a partition without room is left out while the others flow, and comes back', async () => {
  await topics.create('a', 2);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  member.full.add('a/0');
  await eventually(() => owned(member)).toHaveLength(2);
  await topics.write('a', 0, 5);
  await topics.write('a', 1, 5);
  await eventually(() => received(member)).toBe(5);
  expect(member.sets.map(partitionKey)).toEqual(['a/1']);
  member.full.clear();
  member.consumer.wake();
  await eventually(() => received(member)).toBe(10);
});

test('a fenced member loses its partitions without a commit and joins anew', async () => {
  await topics.create('a', 1);
  await topics.write('a', 0, 3);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => received(member)).toBe(3);
  broker.control.next('Heartbeat', { kind: 'error', code: kafkaErrors.ILLEGAL_GENERATION });
  await eventually(() => received(member)).toBe(6);
  expect(member.story).toEqual(['opened a/0', 'lost a/0', 'opened a/0']);
});

test('a refused commit says what to do', async () => {
  await topics.create('a', 1);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => owned(member)).toHaveLength(1);
  broker.control.next('OffsetCommit', { kind: 'error', code: kafkaErrors.COORDINATOR_LOAD_IN_PROGRESS });
  expect((await member.commitAll()).kind).toBe('retry');
  broker.control.next('OffsetCommit', { kind: 'close' });
  expect((await member.commitAll()).kind).toBe('retry');
  expect((await member.commitAll()).kind).toBe('committed');
  broker.control.next('OffsetCommit', { kind: 'error', code: kafkaErrors.ILLEGAL_GENERATION });
  expect((await member.commitAll()).kind).toBe('lost');
  expect(member.story).toContain('lost a/0');
  await eventually(() => owned(member)).toHaveLength(1);
});

test('a position that does not exist is replaced by `from`, and told', async () => {
  await topics.create('a', 1);
  await topics.write('a', 0, 3);
  const hub = new EventHub();
  const told: unknown[] = [];
  hub.listen((name, event) => name === 'partition.outOfRange' && told.push(event));
  await using member = startMember(broker.address, groupSettings('g', ['a']), hub);
  await eventually(() => received(member)).toBe(3);
  member.consumer.reopen({ topic: 'a', partition: 0 }, 1000);
  await eventually(() => received(member)).toBe(6);
  expect(told).toEqual([{ group: 'g', topic: 'a', partition: 0, from: 1000, to: 0 }]);
  expect(member.sets.at(-1)).toMatchObject({ firstOffset: 0, lastOffset: 2 });
});

test('`from: fail` ends the run when there is no committed offset', async () => {
  await topics.create('a', 1);
  await using member = startMember(broker.address, groupSettings('g', ['a'], { from: 'fail' }));
  await eventually(() => member.error()).toMatchObject({ code: 'RT_OFFSET_MISSING', retryable: false });
  expect(member.story).toEqual([]);
});

test('`from: latest` reads only what comes later', async () => {
  await topics.create('a', 1);
  await topics.write('a', 0, 3);
  await using member = startMember(broker.address, groupSettings('g', ['a'], { from: 'latest' }));
  await eventually(() => owned(member)).toHaveLength(1);
  await topics.write('a', 0, 2);
  await eventually(() => received(member)).toBe(2);
  expect(member.sets[0]).toMatchObject({ firstOffset: 3, lastOffset: 4 });
});

test('a topic that does not exist yet is waited for', async () => {
  await using member = startMember(broker.address, groupSettings('g', ['later']));
  await eventually(() => broker.control.served('Heartbeat')).toBeGreaterThan(0);
  await topics.create('later', 2);
  await eventually(() => owned(member)).toEqual(['later/0', 'later/1']);
});

test('a broker that goes away and comes back costs nothing but time', async () => {
  await topics.create('a', 1);
  await topics.write('a', 0, 3);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => received(member)).toBe(3);
  await broker.stop();
  await broker.restart();
  await topics.write('a', 0, 2).catch(() => topics.write('a', 0, 2)); // its connection was cut too
  await eventually(() => received(member)).toBe(5);
  expect(member.error()).toBe(null);
});

test('a refusal that an operator has to remove ends the run and gives everything up', async () => {
  await topics.create('a', 1);
  await using member = startMember(broker.address, groupSettings('g', ['a']));
  await eventually(() => owned(member)).toHaveLength(1);
  broker.control.next('Heartbeat', { kind: 'error', code: kafkaErrors.GROUP_AUTHORIZATION_FAILED });
  await eventually(() => member.error()).toMatchObject({ code: 'RT_KAFKA_REFUSED', retryable: false });
  expect(member.story).toEqual(['opened a/0', 'lost a/0']);
});
