/** A project in a folder of its own, and commands run in it: in this process, or in one that can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../runtime/cli/run.ts';
import type { TestContext } from '../../../runtime/testing/index.ts';

const bin = join(import.meta.dirname, '../../../runtime/bin.js');

export interface CommandProject {
  readonly folder: string;
  /** Runs a command in this process. */
  run(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }>;
  /** Runs one in a process of its own, which is gone with the test. */
  spawn(...args: readonly string[]): { kill(): Promise<void>; readonly exitCode: Promise<number | null> };
  /** What handlers have appended with `tell`, line by line. */
  told<T>(): readonly T[];
}

/**
 * @param handlers body of the handlers' object; `tell(value)` appends to a file, `sleep(ms)` waits
 * @param manifest is written as `manifest.yaml`; its groups name the handlers as `./handlers.mjs`
 */
export function commandProject(t: TestContext, handlers: string, manifest: object): CommandProject {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'));
  const told = join(folder, 'told.jsonl');
  t.onTestFinished(async () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'manifest.yaml'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'handlers.mjs'),
    `import { appendFileSync } from 'node:fs';
     import { setTimeout as sleep } from 'node:timers/promises';
     const tell = (value) => appendFileSync(${JSON.stringify(told)}, JSON.stringify(value) + '\\n');
     export default { ${handlers} };`,
  );
  return {
    folder,
    async run(...args) {
      const printed = { out: '', err: '' };
      const out = (text: string): void => {
        printed.out += text;
      };
      const err = (text: string): void => {
        printed.err += text;
      };
      const exitCode = await run(args, { out, err, isTTY: false, colors: false, env: {}, cwd: folder });
      return { exitCode, ...printed };
    },
    spawn(...args) {
      const child = spawn(process.execPath, [bin, ...args], { cwd: folder, stdio: 'ignore' });
      t.onTestFinished(async () => void child.kill('SIGKILL'));
      const exitCode = once(child, 'exit').then(([code]) => code as number | null);
      return {
        exitCode,
        async kill() {
          child.kill('SIGKILL');
          await exitCode;
        },
      };
    },
    told: <T>() => {
      if (!existsSync(told)) return [];
      const lines = readFileSync(told, 'utf8').split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
    },
  };
}
