/**
 * One process of a contender, from outside: start it, follow how far it is, stop it, take its result.
 *
 *   starting ──ready──▶ running ──stop()──▶ stopping ──result──▶ ended
 *
 * One that ends by itself, or says nothing new for too long, is an error with the end of what it printed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { FromContender, Job, ProcessResult } from './job.ts';

const keptOutput = 4_000;

export interface ProcessOptions {
  readonly job: Job;
  readonly env: Readonly<Record<string, string>>;
  /** Options of Node. */
  readonly execArgv?: readonly string[];
}

export class ContenderProcess {
  readonly #child: ChildProcess;
  readonly #result = Promise.withResolvers<ProcessResult>();
  readonly #ended: Promise<void>;
  #output: string = '';
  #handled: number = 0;
  #ready: boolean = false;

  /** @param script in `contenders/`, without its ending */
  constructor(script: string, { job, env, execArgv = [] }: ProcessOptions) {
    const file = join(import.meta.dirname, 'contenders', `${script}.ts`);
    this.#child = spawn(process.execPath, [...execArgv, file, JSON.stringify(job)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1', NODE_NO_WARNINGS: '1', ...env },
    });
    this.#child.on('message', (message: FromContender) => this.#hear(message));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptOutput);
      });
    }
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.#child.once('close', (code, signal) => {
      this.#result.reject(new Error(`${script} ended with ${code ?? signal}:\n${this.#output}`));
    });
    // It is heard by whoever waits for it, if anybody does.
    this.#result.promise.catch(() => {});
  }

  get handled(): number {
    return this.#handled;
  }

  get output(): string {
    return this.#output;
  }

  /** It is a member of its groups. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Rejects when it ends; never resolves before `stop`. */
  get failed(): Promise<unknown> {
    return this.#result.promise;
  }

  /** @returns its result, when it has committed and is gone */
  async stop(): Promise<ProcessResult> {
    this.#child.send('stop');
    const result = await this.#result.promise;
    await this.#ended;
    return result;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(message: FromContender): void {
    if (message.kind === 'ready') this.#ready = true;
    else if (message.kind === 'progress') this.#handled = message.handled;
    else this.#result.resolve(message.result);
  }
}
