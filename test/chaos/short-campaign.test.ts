// A small campaign on Apache Kafka keeps every promise: one fault of each sort that is quick to recover from.
import { afterAll, describe, expect, test } from 'vitest';
import { type CampaignResult, runCampaign } from '../../scripts/chaos/campaign.ts';
import type { KindName } from '../../scripts/chaos/deck.ts';
import { judge } from '../../scripts/chaos/verdict.ts';
import { kafkaSupport } from '../../scripts/real/kafka-install.ts';
import { checkHistory } from '../support/history.ts';

const support = await kafkaSupport();
const missing = support.kind === 'missing';
if (missing && process.env.REQUIRE_KAFKA === '1') throw new Error(`REQUIRE_KAFKA=1, but: ${support.reason}`);

const kinds: readonly KindName[] = [
  ...(['kill', 'terminate', 'long pause', 'cut all'] as const),
  ...(['broker restart', 'thread exit', 'rejection', 'poison'] as const),
];
const silent = { begins: () => {}, recovered: () => {}, says: () => {} };

describe.skipIf(missing)('on Apache Kafka', () => {
  let result: CampaignResult | null = null;
  afterAll(() => result?.forget());

  test('eight faults cost no promise', { timeout: 900_000 }, async ({ annotate }) => {
    const options = { brokers: null, faults: kinds.length, kinds, seed: 1, client: 'kafkajs', json: false } as const;
    result = await runCampaign(options, silent);

    expect(checkHistory(result.history)).toEqual([]);
    expect(result.problems).toEqual([]);
    // Recovery times are for a machine that does nothing else: the campaign by hand judges them.
    const broken = judge(result).lines.filter(({ holds, promise }) => !holds && !promise.startsWith('recovery'));
    expect(broken).toEqual([]);
    const { records, calls, threads } = result.history;
    expect(records.length).toBeGreaterThan(1_000);
    expect(threads!.filter(({ kind }) => kind === 'harm')).toHaveLength(4);
    const pids = new Set(calls.map(({ pid }) => pid));
    await annotate(`${records.length} records, ${pids.size} processes, ${result.seconds.toFixed(0)} s`);
  });
});
