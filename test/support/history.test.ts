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

/** `1+` process 1 starts, `1-` it ends well, `1!` it fails; then `@` the offset, and `#` the attempt if it is not the first. */
function calls(...script: readonly string[]): readonly CallLine[] {
  return script.map((step, i) => {
    const [, pid, what, offset, attempt = '1'] = /^(\d)([-+!])@(\d)(?:#(\d))?$/.exec(step)!;
    const { key, sequence } = records[Number(offset)]!;
    const call = {
      ...{ ...place, offset: Number(offset), key, sequence },
      ...{ attempt: Number(attempt), pid: Number(pid), thread: 1, timeUs: i },
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
    [
      'a dead letter written twice around a kill',
      { ...killed, deadLetters: [...good.deadLetters, ...good.deadLetters] },
    ],
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
    ['duplicates_bounded', 'a duplicate without a fault', { ...killed, kills: [] }],
    [
      'duplicates_bounded',
      'a duplicate below the commit',
      { ...killed, kills: [{ pid: 1, committed: [{ ...place, offset: 2 }] }] },
    ],
    ['duplicates_bounded', 'a duplicate of a process that lived', { ...killed, kills: [{ pid: 3, committed: [] }] }],
    [
      'dlq_only_poison',
      'a dead letter of a good record',
      { ...good, deadLetters: [...good.deadLetters, { key: 'a', sequence: 0 }] },
    ],
    ['dlq_only_poison', 'a dead letter twice', { ...good, deadLetters: [...good.deadLetters, ...good.deadLetters] }],
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
