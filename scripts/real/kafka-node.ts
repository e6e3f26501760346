/**
 * One Kafka process: formats its storage, runs it, kills it, runs it again on the same port and data.
 *
 *   stopped ──start──▶ running ──stop (SIGTERM) or kill──▶ stopped
 *
 * Responsible for one JVM; `kafka.ts` decides how many there are and which properties they get.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exited, spawnBound } from './bound-process.ts';

// A heap of 512 MB took a million records in a trial; one thread collects garbage, for machines with few cores.
const jvm = ['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC'];

/** A controlled shutdown takes about a second; after this it is not going to end by itself. */
const stopTimeoutMs = 20_000;

export class KafkaNode {
  readonly #libs: string;
  readonly #folder: string;
  readonly #removeIfOrphaned: string;
  #child: ChildProcess | null = null;

  /**
   * @param folder            an empty folder of this node: properties, data and log
   * @param removeIfOrphaned  folder to remove if this process dies without stopping the node
   */
  constructor(libs: string, folder: string, removeIfOrphaned: string) {
    this.#libs = libs;
    this.#folder = folder;
    this.#removeIfOrphaned = removeIfOrphaned;
  }

  /** Writes server.properties and formats the storage. Call once, before `start`. */
  async format(clusterId: string, properties: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries({ ...properties, 'log.dirs': join(this.#folder, 'data') });
    await writeFile(this.#properties, lines.map(([key, value]) => `${key}=${value}\n`).join(''));
    // One word, since an id may begin with a hyphen (one of 64 does) and would then be taken for an option.
    const id = `--cluster-id=${clusterId}`;
    const code = await exited(this.#java('kafka.tools.StorageTool', 'format', id, '-c', this.#properties));
    if (code !== 0) throw new Error(`Kafka could not format its storage (exit code ${code}):\n${await this.log()}`);
  }

  /** Starts the JVM; does not wait for it to answer. */
  start(): void {
    if (this.running) throw new Error('this Kafka node runs already: stop or kill it first');
    this.#child = this.#java('kafka.Kafka', this.#properties);
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends the node with a signal and resolves when the process is gone. SIGSTOP and SIGCONT return at once. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    const child = this.#child!;
    child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    await exited(child);
  }

  /** Ends the node in an orderly way, or by force when that takes too long. */
  async stop(): Promise<void> {
    if (!this.running) return;
    const child = this.#child!;
    child.kill('SIGCONT'); // A node that was paused with SIGSTOP could not handle the next signal.
    child.kill('SIGTERM');
    const ended = new AbortController();
    const force = sleep(stopTimeoutMs, undefined, { signal: ended.signal, ref: false }).then(
      () => child.kill('SIGKILL'),
      () => false, // It ended in time.
    );
    await exited(child);
    ended.abort();
    await force;
  }

  /** The end of what the node has logged, for error messages. */
  async log(): Promise<string> {
    return (await readFile(join(this.#folder, 'kafka.log'), 'utf8')).slice(-4_000);
  }

  get #properties(): string {
    return join(this.#folder, 'server.properties');
  }

  #java(mainClass: string, ...args: string[]): ChildProcess {
    const log = openSync(join(this.#folder, 'kafka.log'), 'a');
    try {
      return spawnBound('java', [...jvm, '-cp', join(this.#libs, '*'), mainClass, ...args], {
        stdio: ['ignore', log, log],
        temporaryFolder: this.#removeIfOrphaned,
      });
    } finally {
      closeSync(log);
    }
  }
}
