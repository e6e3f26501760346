/** `runtime start` in a process of its own, seen from outside: its memory, its metrics, its end. Linux only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const bin = join(import.meta.dirname, '../../runtime/bin.js');
const startPatienceMs = 120_000;

export class RuntimeProcess {
  readonly #child: ChildProcess;
  readonly #metricsUrl: string;

  private constructor(child: ChildProcess, metricsUrl: string) {
    this.#child = child;
    this.#metricsUrl = metricsUrl;
  }

  /** Resolves when it has joined its group. @throws with what it printed when it ends instead */
  static async start(manifest: string, env: Readonly<Record<string, string>>): Promise<RuntimeProcess> {
    const child = spawn(process.execPath, [bin, 'start', manifest], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    const joined = new Promise<string>((resolve, reject) => {
      const hear = (data: Buffer): void => {
        // Only the start is of interest; a line for each of thousands of deaths is not kept.
        if (printed.length < 100_000) printed += data;
        const url = /metrics are at (http:\/\/[\d.:]+)/.exec(printed)?.[1];
        if (url !== undefined && printed.includes('is joined')) resolve(url);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`runtime start ended with ${code}:\n${printed}`)));
      setTimeout(() => reject(new Error(`the group has not joined:\n${printed}`)), startPatienceMs).unref();
    });
    try {
      return new RuntimeProcess(child, await joined);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** Sum of a counter over all of its labels. */
  async counter(name: string): Promise<number> {
    const response = await fetch(`${this.#metricsUrl}/metrics`, { headers: { connection: 'close' } });
    const lines = (await response.text()).split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    // Twice ends at once: a stuck key would hold the drain back.
    setTimeout(() => this.#child.kill('SIGTERM'), 1_000).unref();
    await ended;
  }
}
