/** Judges a campaign: one line for each promise, with what was found and what it takes to hold. */
import { envelopeHeaders } from '../../runtime/handler/envelope.ts';
import type { StoredRecord } from '../../runtime/testing/read-topic.ts';
import { type Folded, fold, makeBookings, unbooked } from './bookings.ts';
import type { CampaignResult } from './campaign.ts';

export interface VerdictLine {
  readonly promise: string;
  readonly found: number;
  readonly wanted: number;
  readonly holds: boolean;
  /** What is wrong, some of it. */
  readonly details: readonly string[];
}

export interface Verdict {
  readonly lines: readonly VerdictLine[];
  /** Events that are in the topic more than once: what kills may cost. */
  readonly repeated: number;
  readonly holds: boolean;
}

const detailsMax = 5;

export function judge(result: CampaignResult): Verdict {
  const { options, stored, published, projected, misplaced, waiting, deadLetters, problems } = result;
  const serial = serialComputation(result);
  const topic = published.map(({ key, headers }) => ({ id: String(key), version: versionOf(headers) }));
  const first = firstDeliveries(topic);
  const inTopic = new Set(topic.map(({ id, version }) => `${id} ${version}`));
  const missing = stored
    .map((event) => `${event.aggregateId} ${event.aggregateVersion}`)
    .filter((at) => !inTopic.has(at));
  const different = differences(serial.accounts, projected);
  const lines = [
    line('events stored', stored.length, options.events, []),
    none('bookings lost or made twice', serial.wrongBookings),
    none('gaps in the versions of an account', serial.gaps),
    line('events left in the outbox', waiting, 0, []),
    none('stored events not in the topic', missing),
    none('events out of order in the topic', first),
    line('events projected twice or too early', misplaced, 0, []),
    line('dead letters', deadLetters, 0, []),
    none('accounts unlike the serial computation', different),
    none('processes that ended by themselves, stalls', problems),
  ];
  return { lines, repeated: topic.length - inTopic.size, holds: lines.every(({ holds }) => holds) };
}

/** One booking after the other, as the store has them; and whether they are those that the seed asks for. */
function serialComputation({ options, stored }: CampaignResult) {
  const accounts = new Map<string, Folded>();
  const gaps: string[] = [];
  const made = new Map<number, string>();
  const wrongBookings: string[] = [];
  for (const { aggregateId, aggregateVersion, data } of stored) {
    const before = accounts.get(aggregateId) ?? unbooked;
    if (aggregateVersion !== before.version + 1)
      gaps.push(`${aggregateId}: ${aggregateVersion} after ${before.version}`);
    accounts.set(aggregateId, fold(before, data));
    if (made.has(data.nr)) wrongBookings.push(`booking ${data.nr} is made twice`);
    made.set(data.nr, `${aggregateId} ${data.amount}`);
  }
  for (const { nr, account, amount } of makeBookings(options.events, options.seed)) {
    const found = made.get(nr);
    if (found !== `${account} ${amount}`) wrongBookings.push(`booking ${nr}: want ${account} ${amount}, got ${found}`);
  }
  return { accounts, gaps, wrongBookings };
}

/** A version comes again, or is the next one: nothing is skipped or swapped. */
function firstDeliveries(topic: readonly { readonly id: string; readonly version: number }[]): readonly string[] {
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const { id, version } of topic) {
    const before = last.get(id) ?? 0;
    if (version > before + 1) wrong.push(`${id}: ${version} after ${before}`);
    last.set(id, Math.max(before, version));
  }
  return wrong;
}

function differences(serial: ReadonlyMap<string, Folded>, projected: CampaignResult['projected']): readonly string[] {
  const rows = new Map(projected.map((row) => [row.id, row]));
  const told = (one: Folded | undefined): string =>
    one === undefined ? 'nothing' : `version ${one.version}, balance ${one.balance}, checksum ${one.checksum}`;
  return [...new Set([...serial.keys(), ...rows.keys()])].flatMap((id) => {
    const [want, got] = [told(serial.get(id)), told(rows.get(id))];
    return want === got ? [] : [`${id}: want ${want}; got ${got}`];
  });
}

function versionOf(headers: StoredRecord['headers']): number {
  return Number(Buffer.from(headers.find(([name]) => name === envelopeHeaders.aggregateVersion)![1]!).toString());
}

function none(promise: string, wrong: readonly string[]): VerdictLine {
  return line(promise, wrong.length, 0, wrong);
}

function line(promise: string, found: number, wanted: number, details: readonly string[]): VerdictLine {
  return { promise, found, wanted, holds: found === wanted, details: details.slice(0, detailsMax) };
}
