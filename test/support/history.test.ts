// The history checker sees each broken promise, by its name, and nothing wrong in a history that keeps them all.
import { describe, expect, test } from 'vitest';
import {
  type CallLine,
  type CommitSample,
  checkHistory,
  countDuplicates,
  type History,
  type HistoryRecord,
  parseCalls,
} from './history.ts';
import type { ClauseName } from './history-clauses.ts';

const place = { topic: 't', partition: 0 };

/** Offsets 0 to 3: key a, key b, key a again, then poison of key b. */
const records: readonly HistoryRecord[] = [
  { ...place, offset: 0, key: 'a', sequence: 0, poison: false },
  { ...place, offset: 1, key: 'b', sequence: 0, poison: false },
  { ...place, offset: 2, key: 'a', sequence: 1, poison: false },
  { ...place, offset: 3, key: 'b', sequence: 1, poison: true },
];

/** One more of key a, which most of these histories do without. */
const withThird: readonly HistoryRecord[] = [...records, { ...place, offset: 4, key: 'a', sequence: 2, poison: false }];

/**
 * `1+` process 1 starts, `1-` it ends well, `1!` it fails; then `@` the offset, `#` the attempt if it is not the first,
 * and `t` the thread if it is not the first.
 */
function calls(...script: readonly string[]): readonly CallLine[] {
  return script.map((step, i) => {
    const [, pid, what, offset, attempt = '1', thread = '1'] = /^(\d)([-+!])@(\d)(?:#(\d))?(?:t(\d))?$/.exec(step)!;
    const { key, sequence } = withThird[Number(offset)]!;
    const call = {
      ...{ ...place, offset: Number(offset), key, sequence },
      ...{ attempt: Number(attempt), pid: Number(pid), thread: Number(thread), timeUs: i },
    };
    if (what === '+') return { ...call, kind: 'start' };
    return { ...call, kind: 'end', outcome: what === '-' ? 'done' : 'failed' };
  });
}

const poisonFails = ['1+@3', '1!@3', '1+@3#2', '1!@3#2'];
const commit = (offset: number, timeUs: number): CommitSample => ({ ...place, offset, timeUs });

const good: History = {
  records,
  calls: calls('1+@0', '1+@1', '1-@1', '1-@0', '1+@2', '1-@2', ...poisonFails),
  commits: [commit(1, 4), commit(4, 20)],
  deadLetters: [{ key: 'b', sequence: 1 }],
  kills: [],
  attemptsMax: 2,
};

/** Process 1 is killed with offset 2 running; process 2 goes on from the last commit, offset 1. */
const killed: History = {
  ...good,
  calls: calls(
    ...['1+@0', '1-@0', '1+@1', '1-@1', '1+@2'],
    ...['2+@1', '2-@1', '2+@2', '2-@2', '2+@3', '2!@3', '2+@3#2', '2!@3#2'],
  ),
  kills: [{ pid: 1, committed: [{ ...place, offset: 1 }] }],
};

/** Thread 1 dies in offset 2, thread 2 of the same process goes on. */
const harmed: History = {
  ...good,
  calls: calls('1+@0', '1-@0', '1+@1', '1-@1', '1+@2', '1+@2t2', '1-@2t2', '1+@3t2', '1!@3t2', '1+@3#2t2', '1!@3#2t2'),
  threads: [{ kind: 'harm', pid: 1, thread: 1, timeUs: 4 }],
};

/** Offset 2 ends well in thread 1, and again in thread 2. */
const twiceDone = calls(
  ...['1+@0', '1-@0', '1+@1', '1-@1', '1+@2', '1-@2', '1+@2t2', '1-@2t2'],
  ...['1+@3t2', '1!@3t2', '1+@3#2t2', '1!@3#2t2'],
);

const longAgo: History = {
  ...harmed,
  calls: twiceDone,
  commits: [],
  threads: [{ kind: 'harm', pid: 1, thread: 1, timeUs: 100_000 }],
};

/** Process 1 stands still after two records of key a; process 2 begins with the first when 1 goes on with the third. */
const paused: History = {
  ...good,
  records: withThird,
  calls: calls(
    ...['1+@0', '1-@0', '1+@2', '1-@2', '2+@0', '1+@4', '1-@4', '2-@0', '2+@2', '2-@2', '2+@4', '2-@4'],
    ...['2+@1', '2-@1', '2+@3', '2!@3', '2+@3#2', '2!@3#2'],
  ),
  commits: [commit(5, 30)],
  kills: [{ pid: 1, committed: [], untilUs: 20 }],
  pauses: [{ pid: 1, fromUs: 4, untilUs: 20 }],
};

/** Both processes have the poison, and the dead letter of the first is not committed when it is killed. */
const deadLetterTwice: History = {
  ...killed,
  calls: calls(
    ...['1+@0', '1-@0', '1+@1', '1-@1', '1+@2', '1-@2', ...poisonFails],
    ...['2+@1', '2-@1', '2+@2', '2-@2', '2+@3', '2!@3', '2+@3#2', '2!@3#2'],
  ),
  deadLetters: [...good.deadLetters, ...good.deadLetters],
};

describe('nothing is wrong with', () => {
  const fine: readonly [string, History][] = [
    ['records of other keys that finish first', good],
    [
      'a retry in place',
      {
        ...good,
        calls: calls('1+@0', '1!@0', '1+@1', '1-@1', '1+@0#2', '1-@0#2', ...rest()),
        commits: [commit(4, 20)],
      },
    ],
    ['a rewind to the last commit after a kill', killed],
    ['a dead letter written twice around a kill', deadLetterTwice],
    ['a record that goes on in another thread when its own has died', harmed],
    ['a record that ended a moment before its thread died', { ...harmed, calls: twiceDone }],
    ['what a process does that was paused and does not know it', paused],
    ['nothing at all', { ...good, records: [], calls: [], commits: [], deadLetters: [] }],
  ];
  test.each(fine)('%s', (_name, history) => {
    expect(checkHistory(history)).toEqual([]);
  });
});

describe('it names', () => {
  const broken: readonly [ClauseName, string, History][] = [
    ['no_lost_record', 'a committed record without effect', { ...good, calls: without(good.calls, 1) }],
    ['no_unseen_record', 'a record nobody handled', { ...good, calls: without(good.calls, 2), commits: [] }],
    ['no_commit_beyond_unfinished', 'a commit too early', { ...good, commits: [commit(2, 2), commit(4, 20)] }],
    ['no_commit_beyond_unfinished', 'a commit before the last retry', { ...good, commits: [commit(4, 8)] }],
    ['commit_never_regresses', 'a commit that goes back', { ...good, commits: [commit(4, 20), commit(3, 21)] }],
    [
      'per_key_first_delivery_in_order',
      'keys out of order',
      { ...good, calls: calls('1+@2', '1-@2', ...ab(), ...poisonFails) },
    ],
    [
      'per_key_effective_order',
      'a skipped record',
      { ...good, calls: calls('1+@1', '1-@1', '1+@2', '1-@2', '1+@0', '1-@0', ...poisonFails) },
    ],
    [
      'per_key_effective_order',
      'a start before the earlier end',
      { ...good, calls: calls('1+@0', '2+@2', '1-@0', '2-@2', '1+@1', '1-@1', ...poisonFails) },
    ],
    [
      'per_key_effective_order',
      'a record left behind by a killed process',
      {
        ...killed,
        calls: calls('1+@0', '1+@1', '1-@1', '2+@2', '2-@2', ...poisonFails),
      },
    ],
    [
      'no_overlap_in_one_pod',
      'two handlers of one key',
      { ...good, calls: calls('1+@0', '1+@2', '1-@0', '1-@2', '1+@1', '1-@1', ...poisonFails) },
    ],
    [
      'no_overlap_in_one_pod',
      'a thread that still runs what another one started again',
      { ...harmed, threads: [...harmed.threads!, { kind: 'alive', pid: 1, thread: 1, timeUs: 6 }] },
    ],
    ['no_overlap_in_one_pod', 'a thread that was not harmed', { ...harmed, threads: [] }],
    ['per_key_effective_order', 'the same without a pause', { ...paused, pauses: [] }],
    ['per_key_effective_order', 'a skipped record in a pause', { ...paused, calls: paused.calls.slice(4) }],
    ['duplicates_bounded', 'a thread that had finished long before it died', longAgo],
    ['duplicates_bounded', 'a second delivery that no thread death explains', { ...harmed, threads: [] }],
    ['duplicates_bounded', 'a duplicate without a fault', { ...killed, kills: [] }],
    [
      'duplicates_bounded',
      'a duplicate below the commit',
      { ...killed, kills: [{ pid: 1, committed: [{ ...place, offset: 2 }] }] },
    ],
    [
      'duplicates_bounded',
      'a duplicate of what a process got after it had lost something',
      { ...killed, kills: [{ pid: 1, committed: [], untilUs: 3 }] },
    ],
    ['duplicates_bounded', 'a duplicate of a process that lived', { ...killed, kills: [{ pid: 3, committed: [] }] }],
    [
      'dlq_only_poison',
      'a dead letter of a good record',
      { ...good, deadLetters: [...good.deadLetters, { key: 'a', sequence: 0 }] },
    ],
    ['dlq_only_poison', 'a dead letter twice', { ...good, deadLetters: [...good.deadLetters, ...good.deadLetters] }],
    [
      'dlq_only_poison',
      'a dead letter twice of a record that the killed process never had',
      { ...killed, deadLetters: deadLetterTwice.deadLetters },
    ],
    ['dlq_has_all_poison', 'poison without a dead letter', { ...good, deadLetters: [] }],
  ];
  test.each(broken)('%s: %s', (clause, _name, history) => {
    expect(checkHistory(history).map((violation) => violation.clause)).toContain(clause);
  });
});

test('it tells how much is wrong without listing all of it', () => {
  const many = Array.from({ length: 100 }, (_, offset) => ({ ...records[0]!, offset, key: `key-${offset}` }));
  const details = checkHistory({ ...good, records: many, calls: [], commits: [], deadLetters: [] });
  expect(details).toHaveLength(6);
  expect(details.at(-1)).toEqual({ clause: 'no_unseen_record', detail: 'and 95 more' });
});

test('it reads recordings and counts what was done twice', () => {
  const text = killed.calls.map((call) => `${JSON.stringify(call)}\n`).join('');
  expect(parseCalls(text)).toEqual(killed.calls);
  expect(countDuplicates(killed.calls)).toBe(1);
});

function ab(): string[] {
  return ['1+@0', '1-@0', '1+@1', '1-@1'];
}

function rest(): string[] {
  return ['1+@2', '1-@2', ...poisonFails];
}

/** Without any call for that offset. */
function without(all: readonly CallLine[], offset: number): readonly CallLine[] {
  return all.filter((call) => call.offset !== offset);
}
