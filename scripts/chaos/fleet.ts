/**
 * The processes of the campaign, each in a slot. A slot has a network of its own where Kafka is ours: a proxy in front of
 * a listener that advertises the proxy, so that one process can be cut off while the others are not.
 *
 *   free ──start──▶ running ──stop, kill──▶ free
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultyNetwork } from '../../runtime/testing/faulty-network.ts';
import type { Project } from '../../test/support/project.ts';
import { RuntimeProgram, spawnRuntime } from '../../test/support/runtime-program.ts';

export interface Slot {
  /** What the process in it is told to connect to. */
  readonly brokers: string;
  /** Null where Kafka is not ours. */
  readonly network: FaultyNetwork | null;
}

export class Fleet {
  readonly #slots: readonly Slot[];
  readonly #project: Project;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #running = new Map<number, RuntimeProgram>();
  /** All that ever ran. */
  readonly #all: RuntimeProgram[] = [];

  constructor(slots: readonly Slot[], project: Project, environment: Readonly<Record<string, string>>) {
    this.#slots = slots;
    this.#project = project;
    this.#environment = environment;
  }

  /** Slots with a process. */
  get taken(): readonly number[] {
    return [...this.#running.keys()].toSorted((a, b) => a - b);
  }

  at(slot: number): RuntimeProgram {
    return this.#running.get(slot)!;
  }

  network(slot: number): FaultyNetwork {
    return this.#slots[slot]!.network!;
  }

  /** Resolves when the process has joined its group. */
  async start(slot: number): Promise<void> {
    this.launch(slot);
    await this.at(slot).joined();
  }

  /** Starts a process without waiting for anything. */
  launch(slot: number): void {
    const program = new RuntimeProgram(
      spawnRuntime(['start', this.#project.manifest], {
        ...this.#project.environment,
        ...this.#environment,
        KAFKA_BROKERS: this.#slots[slot]!.brokers,
      }),
    );
    this.#running.set(slot, program);
    this.#all.push(program);
  }

  /** Asks a process to end. @returns what was wrong with its end; null when it drained and said so */
  async stop(slot: number): Promise<string | null> {
    const program = this.#release(slot);
    program.signal('SIGTERM');
    const { code } = await program.exit();
    return code === 0 ? null : `process ${program.pid} ended with ${code} after SIGTERM`;
  }

  /** @returns its process id and exit code, when it is gone */
  async end(
    slot: number,
    ...signals: readonly NodeJS.Signals[]
  ): Promise<{ readonly pid: number; readonly code: number }> {
    const program = this.#release(slot);
    for (const signal of signals) program.signal(signal);
    const { code } = await program.exit();
    return { pid: program.pid, code };
  }

  /** Finds processes that ended without being asked to, and starts others. @returns what each said last */
  async revive(): Promise<readonly string[]> {
    const ended = this.taken.filter((slot) => !this.at(slot).running);
    const said = ended.map((slot) => {
      const { pid, child, output } = this.at(slot);
      return `process ${pid} ended by itself with ${child.exitCode ?? child.signalCode}: ${output.slice(-500)}`;
    });
    for (const slot of ended) {
      this.#release(slot);
      await this.start(slot);
    }
    return said;
  }

  /** What every process printed, one file each. */
  writeLogs(folder: string): void {
    for (const { pid, output } of this.#all) writeFileSync(join(folder, `process-${pid}.log`), output);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((program) => program.close()));
  }

  #release(slot: number): RuntimeProgram {
    const program = this.at(slot);
    this.#running.delete(slot);
    return program;
  }
}
