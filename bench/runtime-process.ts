/** `runtime start` in a process of its own, seen from outside: its memory, its metrics, its end. Linux only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processUsage } from './process-usage.ts';

const bin = join(import.meta.dirname, '../runtime/bin.js');
const startPatienceMs = 120_000;
/** Of what it prints, characters: enough for why it ended; a line for each of thousands of deaths is not kept. */
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

  /** Resolves when all of its groups have joined. @throws with what it printed when it ends instead */
  static async start(manifest: string, env: Readonly<Record<string, string>>): Promise<RuntimeProcess> {
    const child = spawn(process.execPath, [bin, 'start', manifest], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    const listening = new Promise<string>((resolve, reject) => {
      const hear = (data: Buffer): void => {
        printed = (printed + data).slice(-keptTail - data.length);
        const url = /metrics are at (http:\/\/[\d.:]+)/.exec(printed)?.[1];
        if (url !== undefined) resolve(url);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`runtime start ended with ${code}:\n${printed}`)));
    });
    try {
      const runtime = new RuntimeProcess(child, await listening);
      await runtime.#ready();
      return runtime;
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

  async #ready(): Promise<void> {
    for (const startedAt = performance.now(); (await this.#get('/ready')).status !== 200; await sleep(50)) {
      if (performance.now() - startedAt > startPatienceMs) throw new Error(`not ready:\n${this.#lastWords}`);
    }
  }

  async #metrics(): Promise<string> {
    return (await this.#get('/metrics')).text();
  }

  async #get(path: string): Promise<Response> {
    try {
      return await fetch(`${this.#metricsUrl}${path}`, { headers: { connection: 'close' } });
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
