/** `runtime …` as a process of its own, as users and containers run it: from the command line to the exit code. */
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until } from '../../runtime/testing/until.ts';
import { spawnBound } from '../../scripts/real/bound-process.ts';
import { type ProcessResult, RunningProcess } from './running-process.ts';

const bin = join(import.meta.dirname, '..', '..', 'runtime', 'bin.js');
/** Node, a thread, Kafka: a second on an idle machine. */
const withinMs = 60_000;

/** What a shell that runs this may have set, and what is run must not depend on. */
const plainEnvironment = { KAFKA_BROKERS: '', RUNTIME_HTTP_HOST: '', NO_COLOR: '1' };

/** Any command. The child's process id is that of the command itself. */
export function spawnRuntime(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawnBound(process.execPath, [bin, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    environment: { ...plainEnvironment, ...environment },
  });
}

export class RuntimeProgram extends RunningProcess {
  /** Of the operators' port, once it was told. */
  #url: string | null = null;

  get pid(): number {
    return this.child.pid!;
  }

  /** Everything that it printed so far. */
  get output(): string {
    return [...this.stdout, ...this.stderr].join('\n');
  }

  /** @throws when it ends without having said so, with what it said instead */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    await this.until(() => pattern.test(this.output));
    return pattern.exec(this.output)!;
  }

  /** Waits for something that is true only while it runs. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const state = () => this.output.split('\n').slice(-20);
    const check = async (): Promise<boolean> => {
      if (await condition()) return true;
      if (!this.running) throw new Error(`it ended while it was waited for ${condition}:\n${this.output}`);
      return false;
    };
    await until(check, { withinMs, state });
  }

  /** Waits until every group has joined. @param partitions how many it then owns; any number when missing */
  async joined(partitions?: number): Promise<void> {
    await this.until(async () => {
      // A process that ends resets the connection; that it has ended is told by `until`.
      const ready = await this.get('/ready').catch(() => null);
      if (ready?.status !== 200) return false;
      if (partitions === undefined) return true;
      const { groups } = JSON.parse((await this.get('/health')).body) as { groups: { partitions: number }[] };
      return groups.every((group) => group.partitions === partitions);
    });
  }

  /** From the operators' port, which is free to choose, so it is told in the log. */
  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    this.#url ??= (await this.says(/health, readiness and metrics are at (http:[^"\s]+)/))[1]!;
    const url = this.#url;
    return new Promise((resolve, reject) => {
      // Not `fetch`: its connections would look like something that the test left open.
      request(`${url}${path}`, { agent: false }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode!, body }), reject);
      })
        .on('error', reject)
        .end();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Its end, with a deadline that prints what it said. */
  async exit(): Promise<ProcessResult> {
    await until(() => !this.running, { withinMs, state: () => this.output.split('\n').slice(-20) });
    return this.ended();
  }
}
