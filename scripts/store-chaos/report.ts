/** What a campaign looks like, as text. */
import { styleText } from 'node:util';
import { aligned } from '../chaos/report.ts';
import type { CampaignResult } from './campaign.ts';
import type { Verdict } from './verdict.ts';

export function report({ options, kills, seconds }: CampaignResult, verdict: Verdict, colors: boolean): string {
  const paint = (style: 'bold' | 'green' | 'red', text: string): string =>
    colors ? styleText(style, text, { validateStream: false }) : text;
  const { lines, repeated } = verdict;
  const rows = aligned(
    [
      ['', 'promise', 'found', 'wanted'],
      ...lines.map(({ promise, found, wanted, holds }) => [
        ...[holds ? 'ok' : 'BROKEN', promise, String(found), String(wanted)],
      ]),
    ],
    'llrr',
  );
  const all = kills.writer + kills.relay + kills.projector;
  return [
    paint('bold', `${options.events} events, ${all} times kill -9, in ${Math.round(seconds)} s`),
    `killed: ${kills.writer} writers, ${kills.relay} relays, ${kills.projector} projectors; ${repeated} events are in the topic twice`,
    '',
    rows[0],
    ...lines.flatMap(({ holds, details }, i) => [
      paint(holds ? 'green' : 'red', rows[i + 1]!),
      ...details.map((detail) => `        ${detail}`),
    ]),
  ].join('\n');
}
