/**
 * `npm run chaos:store`: events through repository, outbox, relay and a projection, on PostgreSQL and Apache Kafka of its
 * own, while one process after the other is killed; then a table that says which promises were kept. Exit code 0 only if
 * all were.
 */
import type { Terminal } from '../../runtime/cli/terminal.ts';
import { startKafka } from '../real/kafka.ts';
import { startPostgres } from '../real/postgres.ts';
import { runCommand } from '../run-command.ts';
import { runStoreCampaign, type Watcher } from './campaign.ts';
import { commandOf, type StoreChaosOptions, storeChaosOptions } from './options.ts';
import { progress } from './progress.ts';
import { report } from './report.ts';
import { judge } from './verdict.ts';

await runCommand('chaos:store', async (args, terminal) => chaos(storeChaosOptions(args), terminal));

async function chaos(options: StoreChaosOptions, { colors }: Terminal): Promise<number> {
  console.error(`seed ${options.seed}, ${options.events} events, ${options.kills} kills`);
  const watcher = progress(process.stderr, options);
  let holds = false;
  try {
    const result = await onOwnGround(options, watcher).finally(() => watcher.close());
    const verdict = judge(result);
    holds = verdict.holds;
    const { kills, seconds } = result;
    const json = { command: commandOf(options), ...options, kills, seconds, ...verdict };
    console.log(options.json ? JSON.stringify(json, null, 2) : report(result, verdict, colors));
    if (holds) result.forget();
    else console.error(`\nbroken; the logs of the processes are in ${result.folder}`);
  } finally {
    if (!holds) console.error(`again with: ${commandOf(options)}`);
  }
  return holds ? 0 : 1;
}

async function onOwnGround(options: StoreChaosOptions, watcher: Watcher) {
  watcher.says('starting PostgreSQL and Apache Kafka');
  const postgres = await startPostgres();
  try {
    const kafka = await startKafka();
    try {
      return await runStoreCampaign(options, { brokers: kafka.brokers, storeUrl: postgres.url }, watcher);
    } finally {
      await kafka.stop();
    }
  } finally {
    await postgres.stop();
  }
}
