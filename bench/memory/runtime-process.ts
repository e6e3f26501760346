/** `runtime start` in a process of its own, seen from outside: its memory, its metrics, its end. Linux only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processUsage } from '../process-usage.ts';

const bin = join(import.meta.dirname, '../../runtime/bin.js');
const startPatienceMs = 120_000;
/** Of what it prints, characters: enough for its start, and for why it ended; a line for each of thousands of deaths is not kept. */
const keptHead = 100_000;
const keptTail = 4_000;

export class RuntimeProcess {
  readonly #child: ChildProcess;
  readonly #metricsUrl: string;
  #lastWords = '';

  private constructor(child: ChildProcess, metricsUrl: string) {
    this.#child = child;
    this.#metricsUrl = metricsUrl;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.#lastWords = (this.#lastWords + data).slice(-keptTail);
      });
    }
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
        if (printed.length < keptHead) printed += data;
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

  /** Resident memory, bytes. @throws with its exit code and last words when it has ended */
  rssBytes(): number {
    this.#mustRun();
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** User and system time so far, all threads. @throws as `rssBytes` */
  cpuSeconds(): number {
    this.#mustRun();
    return processUsage(this.#child.pid!)!.cpuSeconds;
  }

  /** Resolves when every group has joined. @throws as `rssBytes` */
  async ready(): Promise<void> {
    while ((await fetch(`${this.#metricsUrl}/ready`, { headers: { connection: 'close' } })).status !== 200) {
      this.#mustRun();
      await sleep(50);
    }
  }

  /** Sum of a counter over all of its labels. @throws as `rssBytes` */
  async counter(name: string): Promise<number> {
    this.#mustRun();
    const text = await this.#metrics();
    const lines = text.split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line));
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

  async #metrics(): Promise<string> {
    try {
      const response = await fetch(`${this.#metricsUrl}/metrics`, { headers: { connection: 'close' } });
      return await response.text();
    } catch (error) {
      // Its sockets are closed a little before its exit is told.
      await Promise.race([once(this.#child, 'exit'), sleep(1_000)]);
      this.#mustRun();
      throw error;
    }
  }

  #mustRun(): void {
    if (this.running) return;
    throw new Error(`runtime start ended with ${this.#child.exitCode}, its last words:\n${this.#lastWords}`);
  }
}
