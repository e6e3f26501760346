/**
 * `npm run chaos`: processes of one group on Apache Kafka, a steady load, and one fault after another; then a table that
 * says which promises were kept. Exit code 0 only if all were.
 */
import type { Terminal } from '../../runtime/cli/terminal.ts';
import { runCommand } from '../run-command.ts';
import { type CampaignResult, runCampaign } from './campaign.ts';
import { type ChaosOptions, chaosOptions, commandOf } from './options.ts';
import { progress } from './progress.ts';
import { report } from './report.ts';
import { judge, type Verdict } from './verdict.ts';

await runCommand('chaos', async (args, terminal) => chaos(chaosOptions(args), terminal));

async function chaos(options: ChaosOptions, { colors }: Terminal): Promise<number> {
  console.error(`seed ${options.seed}, ${options.faults} faults, client ${options.client}`);
  const watcher = progress(process.stderr, options.faults);
  let holds = false;
  try {
    const result = await runCampaign(options, watcher).finally(() => watcher.close());
    const verdict = judge(result);
    holds = verdict.holds;
    console.log(options.json ? asJson(options, result, verdict) : report(result, verdict, colors));
    if (holds) result.forget();
    else console.error(`\nbroken; what was written down is in ${result.folder}`);
  } finally {
    if (!holds) console.error(`again with: ${commandOf(options)}`);
  }
  return holds ? 0 : 1;
}

function asJson(options: ChaosOptions, { results, history, seconds }: CampaignResult, verdict: Verdict): string {
  const { seed, client } = options;
  const counts = { records: history.records.length, deadLetters: history.deadLetters.length };
  return JSON.stringify(
    { command: commandOf(options), seed, client, seconds, ...counts, ...verdict, steps: results },
    null,
    2,
  );
}
