// A small campaign of `npm run chaos:store` on PostgreSQL and Apache Kafka keeps every promise, and its judge sees what is
// broken.
import { describe, expect, onTestFinished, test } from 'vitest';
import { fold, makeBookings, unbooked } from '../../scripts/store-chaos/bookings.ts';
import { type CampaignResult, runStoreCampaign } from '../../scripts/store-chaos/campaign.ts';
import { commandOf, storeChaosOptions } from '../../scripts/store-chaos/options.ts';
import { judge } from '../../scripts/store-chaos/verdict.ts';
import { realKafka } from '../real/support/real-kafka.ts';
import { realPostgres } from '../real/support/real-postgres.ts';

const kafka = await realKafka();
const postgres = await realPostgres();
const silent = { says: () => {}, moved: () => {} };

describe.skipIf(kafka.missing || postgres.missing)('on PostgreSQL and Apache Kafka', () => {
  test('P-52, S-13, S-55: nine times kill -9 cost no event and no order, and the projection is the serial computation', {
    timeout: 600_000,
  }, async ({ annotate }) => {
    const { url, drop } = await postgres.createDatabase();
    onTestFinished(drop);
    const options = { events: 3_000, kills: 9, seed: 2, json: false };
    const result = await runStoreCampaign(options, { brokers: kafka.brokers, storeUrl: url }, silent);
    onTestFinished(() => result.forget());
    const { lines, repeated } = judge(result);
    expect(lines.filter(({ holds }) => !holds)).toEqual([]);
    expect(result.kills.writer + result.kills.relay + result.kills.projector).toBe(9);
    await annotate(`${JSON.stringify(result.kills)}, ${repeated} events twice, ${result.seconds.toFixed(0)} s`);
  });
});

test('the judge names an event that is lost, one that is swapped, and a projection that is wrong', () => {
  const whole = serialResult(100);
  expect(judge(whole)).toMatchObject({ holds: true, repeated: 0 });
  const broken = (change: Partial<CampaignResult>) =>
    judge({ ...whole, ...change })
      .lines.filter(({ holds }) => !holds)
      .map(({ promise }) => promise);
  const { stored, published, projected } = whole;
  expect(broken({ stored: stored.slice(0, -1) })).toContain('bookings lost or made twice');
  expect(broken({ stored: [...stored, stored.at(-1)!] })).toContain('gaps in the versions of an account');
  expect(broken({ published: published.slice(0, -1) })).toEqual(['stored events not in the topic']);
  expect(broken({ published: published.toReversed() })).toEqual(['events out of order in the topic']);
  expect(broken({ projected: projected.slice(1) })).toEqual(['accounts unlike the serial computation']);
  const [first, ...others] = projected;
  const shifted = [{ ...first!, checksum: first!.checksum + 1 }, ...others];
  expect(broken({ projected: shifted })).toEqual(['accounts unlike the serial computation']);
  expect(judge({ ...whole, published: [...published, published[0]!] })).toMatchObject({ holds: true, repeated: 1 });
});

test('the command for a campaign is that again', () => {
  const words = '--events 500 --kills 3 --seed 9 --json';
  expect(commandOf(storeChaosOptions(words.split(' ')))).toBe(`npm run chaos:store -- ${words}`);
  expect(storeChaosOptions([])).toMatchObject({ events: 100_000, kills: 40, json: false });
  expect(() => storeChaosOptions(['--kills', 'many'])).toThrow(
    '--kills: want a whole number from 0 to 10000, got "many"',
  );
});

/** What a campaign leaves in which nothing goes wrong. */
function serialResult(events: number): CampaignResult {
  const seed = 1;
  const accounts = new Map<string, typeof unbooked>();
  const stored = makeBookings(events, seed).map(({ nr, account, amount }) => {
    const data = { nr, amount };
    accounts.set(account, fold(accounts.get(account) ?? unbooked, data));
    return { aggregateId: account, aggregateVersion: accounts.get(account)!.version, data };
  });
  const published = stored.map(({ aggregateId, aggregateVersion }) => ({
    key: Buffer.from(aggregateId),
    headers: [['aggregate_version', Buffer.from(String(aggregateVersion))]],
  }));
  const projected = [...accounts].map(([id, folded]) => ({ id, ...folded }));
  const rest = { options: { events, seed, kills: 0 }, kills: { writer: 0, relay: 0, projector: 0 }, seconds: 0 };
  const none = { deadLetters: 0, misplaced: 0, waiting: 0, problems: [], folder: '', forget: () => {} };
  return { ...rest, ...none, stored, published, projected } as unknown as CampaignResult;
}
