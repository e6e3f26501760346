// The verdict of a campaign holds only if every promise was kept, and says which one was not.
import { expect, test } from 'vitest';
import type { CampaignResult, StepResult } from '../../scripts/chaos/campaign.ts';
import type { KindName } from '../../scripts/chaos/deck.ts';
import { report } from '../../scripts/chaos/report.ts';
import { judge } from '../../scripts/chaos/verdict.ts';
import type { CallLine } from '../support/history.ts';

const place = { topic: 't', partition: 0 };
const record = { ...place, offset: 0, key: 'key-0', sequence: 0, poison: false };

/** Process 1 handles the only record, from so many microseconds on. */
function handled(fromUs: number): readonly CallLine[] {
  const call = { ...place, offset: 0, key: 'key-0', sequence: 0, attempt: 1, pid: 1, thread: 1 };
  return [
    { ...call, kind: 'start', timeUs: fromUs },
    { ...call, kind: 'end', outcome: 'done', timeUs: fromUs + 1 },
  ];
}

function step(kind: KindName, beganUs: number, recoveryMs: number | null = 100): StepResult {
  return { step: { kind, slot: 0 }, beganUs, recoveryMs };
}

const good: CampaignResult = {
  results: [step('terminate', 5), step('kill', 1_000, 6_000)],
  history: {
    records: [record],
    calls: handled(0),
    commits: [{ ...place, offset: 1, timeUs: 3 }],
    deadLetters: [],
    kills: [],
    attemptsMax: 3,
  },
  problems: [],
  seconds: 1,
  folder: '',
  forget: () => {},
};

test('it holds when nothing is broken', () => {
  expect(judge(good)).toMatchObject({ holds: true });
  expect(judge(good).kinds).toEqual([
    { kind: 'kill', count: 1, medianMs: 6_000, maxMs: 6_000, duplicates: 0 },
    { kind: 'terminate', count: 1, medianMs: 100, maxMs: 100, duplicates: 0 },
  ]);
});

const { history } = good;
const again = (fromUs: number, kills: typeof history.kills = []) => ({
  history: { ...history, calls: [...history.calls, ...handled(fromUs)], kills },
});
const killed = [{ pid: 1, committed: [] }];

test.each<[string, Partial<CampaignResult>]>([
  ['lost', { history: { ...history, calls: [] } }],
  ['unseen', { history: { ...history, calls: [], commits: [] } }],
  ['commits beyond unfinished', { history: { ...history, commits: [{ ...place, offset: 1, timeUs: 0 }] } }],
  ['dead letters', { history: { ...history, deadLetters: [{ key: 'key-0', sequence: 0 }] } }],
  ['duplicates from graceful faults', again(10, killed)],
  ['duplicates after hard faults', again(2_000)],
  ['uncommitted at the end', { history: { ...history, commits: [] } }],
  ['recovery after kill', { results: [step('kill', 5, 11_001)] }],
  ['recovery after kill', { results: [step('kill', 5, null)] }],
  ['recovery after cut all', { results: [step('cut all', 5, 3_001)] }],
  ['other problems', { problems: ['process 1 ended by itself'] }],
])('it breaks for: %s', (promise, wrong) => {
  const verdict = judge({ ...good, ...wrong });
  expect(verdict.holds).toBe(false);
  expect(verdict.lines.filter(({ holds }) => !holds).map((line) => line.promise)).toContain(promise);
});

test('a duplicate that a kill explains is counted and costs nothing', () => {
  const verdict = judge({ ...good, ...again(2_000, killed) });
  expect(verdict).toMatchObject({ holds: true });
  expect(verdict.kinds.find(({ kind }) => kind === 'kill')).toMatchObject({ duplicates: 1 });
});

test('columns of the report stand under one another', () => {
  const text = report(good, judge(good), false);
  expect(text).toContain('fault      count  median  longest  duplicates  may cost');
  expect(text).toContain('terminate      1   0.1 s    0.1 s           0  nothing');
  expect(text).toMatch(/^ok {2}lost +0 {2}0$/m);
});
