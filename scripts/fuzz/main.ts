/**
 * `npm run fuzz`: made-up input for everything that reads bytes from outside. Nothing but the project's own errors may
 * come of it, no input may take a second, and memory has to stay flat. Exit code 1 when one of these does not hold.
 */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from '../../runtime/cli/terminal.ts';
import { runCommand } from '../run-command.ts';
import { type SavedFinding, saveFinding } from './finding.ts';
import { type FuzzOptions, fuzzOptions } from './options.ts';
import { findingText, memoryText, passed, progressLine, table } from './report.ts';
import { loadTarget, type TargetName } from './targets.ts';
import { type RunResult, runTarget } from './watched-run.ts';

await runCommand('fuzz', async (args, terminal) => {
  const options = fuzzOptions(args);
  if (options.replay !== null) return await replay(options.targets[0]!, options.replay, terminal);
  return await fuzz(options, terminal);
});

async function fuzz({ inputs, seed, targets, json }: FuzzOptions, to: Terminal): Promise<number> {
  const share = Math.ceil(inputs / targets.length);
  const results: RunResult[] = [];
  const saved: SavedFinding[] = [];
  for (const target of targets) {
    const result = await runTarget({ target, inputs: share, seed }, progressBar(to, json));
    results.push(result);
    for (const finding of result.findings) {
      saved.push(await saveFinding(finding, seed, join(tmpdir(), 'kafka-worker-runtime-fuzz')));
    }
  }
  if (json) to.out(`${JSON.stringify({ seed, passed: passed(results), results, saved }, null, 2)}\n`);
  else printResults(results, saved, to);
  return passed(results) ? 0 : 1;
}

/** One line that is written over on a terminal, a line every 30 seconds elsewhere. */
function progressBar(to: Terminal, json: boolean): Parameters<typeof runTarget>[1] {
  const startedAt = performance.now();
  let lastLineAt = startedAt;
  return (now) => {
    const line = progressLine(now, (performance.now() - startedAt) / 1000);
    if (to.isTTY) return to.err(`\r${line}\u001b[K${now.done === now.inputs ? '\n' : ''}`);
    if (json || performance.now() - lastLineAt < 30_000) return;
    lastLineAt = performance.now();
    to.err(`${line}\n`);
  };
}

function printResults(results: readonly RunResult[], saved: readonly SavedFinding[], to: Terminal): void {
  to.out(`${table(results)}\n`);
  for (const finding of saved) to.out(`\n${findingText(finding)}\n`);
  const grown = memoryText(results);
  if (grown !== null) to.out(`\n${grown}\n`);
  to.out(passed(results) ? '\nonly typed errors, no hang, memory flat\n' : '\nfailed\n');
}

async function replay(name: TargetName, file: string, to: Terminal): Promise<number> {
  const target = await loadTarget(name);
  const startedAt = performance.now();
  const outcome = await target.run(readFileSync(file));
  to.out(`${outcome} in ${(performance.now() - startedAt).toFixed(1)} ms\n`);
  return 0;
}
