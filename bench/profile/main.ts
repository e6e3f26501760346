/**
 * `npm run bench:profile`: where the threads of the runtime spend their time in one workload. Prints the functions with
 * the most self time for each thread; the whole profiles, which Chrome's and other tools open, go to `build/profile/`.
 *
 *   npm run bench:profile -- --only noop [--contenders kafkajs-each-batch] [--records N] [--broker kafka|embedded]
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Terminal } from '../../runtime/cli/terminal.ts';
import { until } from '../../runtime/testing/until.ts';
import { kafkaSupport } from '../../scripts/real/kafka-install.ts';
import { runCommand } from '../../scripts/run-command.ts';
import { type Bench, onBroker } from '../bench-context.ts';
import { describeMachine } from '../machine.ts';
import { type BenchOptions, benchOptions, possible } from '../options.ts';
import { contests } from '../plan.ts';
import { showProgress } from '../progress.ts';
import { figureOf, labelOf } from '../result.ts';
import { type Ground, recordsFor, runContender } from '../run-contender.ts';
import { turnsFor } from '../spin.ts';
import { profileTable } from './profile-table.ts';
import { type CpuProfile, selfTimes } from './self-times.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'build', 'profile');
const cpuWorkMs = 0.5;

await runCommand('bench:profile', async (args, terminal) => {
  // Peers can be profiled too, when they are asked for.
  const asked = args.some((arg) => arg.startsWith('--contenders'));
  const options = benchOptions(asked ? args : [...args, '--contenders', 'runtime']);
  return profile(possible(options, await kafkaSupport(), terminal.err), terminal);
});

async function profile(options: BenchOptions, terminal: Terminal): Promise<undefined> {
  const all = contests(options);
  const progress = showProgress(process.stderr, []);
  const env = { BENCH_TURNS: String(turnsFor(cpuWorkMs)) };
  const bench: Bench = { options, machine: describeMachine(), progress, env };
  for (const { workload, broker: kind, entries } of all) {
    await onBroker(kind, bench, async (broker, topics) => {
      for (const entry of entries) {
        const name = [workload.name, kind, entry.contender, entry.processes ?? 1].join('-');
        const records = recordsFor(options.records ?? workload.records, entry);
        const measured = await runContender(workload, entry, records, {
          ...{ brokers: broker.brokers, topics },
          ...profiled(env, join(folder, name)),
        });
        const title = `${workload.name}, ${labelOf(entry)}, on ${broker.title}: ${figureOf(measured).trim()}`;
        terminal.out(`\n${title} (profiled, so slower than it is)\n\n${tablesIn(join(folder, name))}\n`);
      }
    });
  }
  terminal.out(`\nThe profiles are in ${join('build', 'profile')}.\n`);
}

/** What makes a contender profile itself into `into`, which is emptied. */
function profiled(env: Ground['env'], into: string): Pick<Ground, 'env' | 'execArgv' | 'beforeStop'> {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const written = (): boolean => {
    const files = readdirSync(into);
    return files.length > 0 && files.every((file) => file.endsWith('.cpuprofile'));
  };
  return {
    env: { ...env, BENCH_PROFILE: into },
    execArgv: ['--import', pathToFileURL(join(import.meta.dirname, 'thread-profile.ts')).href],
    beforeStop: () => until(written, { state: () => readdirSync(into) }),
  };
}

function tablesIn(into: string): string {
  const id = (file: string): number => Number(/\d+/.exec(file)![0]);
  const files = readdirSync(into).sort((a, b) => id(a) - id(b));
  return files
    .map((file) => {
      const thread = id(file) === 0 ? 'main thread' : `worker thread ${id(file)}`;
      const profile = JSON.parse(readFileSync(join(into, file), 'utf8')) as CpuProfile;
      return profileTable(thread, selfTimes(profile, `${pathToFileURL(root).href}/`));
    })
    .join('\n\n');
}
