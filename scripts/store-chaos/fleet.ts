/**
 * The processes of the campaign: writers, relays and projectors, each in a slot. One that is killed is started again at
 * once; a writer begins where its predecessor last said that all is saved.
 *
 *   writer    running ──kill──▶ running …   ──all saved──▶ finished
 *   others    running ──kill──▶ running …   ──stop──▶ ended
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../runtime/core/random.ts';
import { until } from '../../runtime/testing/until.ts';
import type { Project } from '../../test/support/project.ts';
import { RunningProcess } from '../../test/support/running-process.ts';
import { spawnRuntime } from '../../test/support/runtime-program.ts';
import { spawnBound } from '../real/bound-process.ts';
import { writers } from './bookings.ts';

export type Role = 'writer' | 'relay' | 'projector';

export interface Slot {
  readonly role: Role;
  readonly index: number;
}

/** Of relays one leads; projectors share the partitions. */
const counts: Readonly<Record<Role, number>> = { writer: writers, relay: 2, projector: 2 };

/** What a process prints when it is. */
const atWork: Readonly<Record<Role, RegExp>> = { writer: /^\d+$/, relay: /^relays$/, projector: /"state":"joined"/ };

export interface FleetOptions {
  readonly project: Project;
  /** STORE_URL and KAFKA_BROKERS. */
  readonly environment: Readonly<Record<string, string>>;
  readonly events: number;
  readonly seed: number;
  readonly topic: string;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Map<Slot, RunningProcess>();
  readonly #all: { readonly slot: Slot; readonly process: RunningProcess }[] = [];
  /** Of each writer, how many of its bookings it has told to be saved. */
  readonly #saved: number[] = Array.from({ length: writers }, () => 0);

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get writing(): boolean {
    return [...this.#running.keys()].some(({ role }) => role === 'writer');
  }

  /** Writers begin when all others are at work. */
  async start(): Promise<void> {
    for (const role of ['projector', 'relay', 'writer'] as const) {
      for (let index = 0; index < counts[role]; index++) this.#launch({ role, index });
      if (role !== 'writer') await this.#atWork();
    }
  }

  /** Bookings that the writers have told to be saved; some more may be. */
  saved(): number {
    for (const [slot, process] of this.#running) this.#note(slot, process);
    return this.#saved.reduce((a, b) => a + b, 0);
  }

  /**
   * One of that role: the relay that leads, since nothing is on its way in the other one.
   * @returns null when none runs, as writers that have finished
   */
  oneOf(role: Role, random: Random): Slot | null {
    const all = [...this.#running].filter(([slot]) => slot.role === role);
    const leading = all.filter(([, { stdout }]) => role !== 'relay' || stdout.includes('leads'));
    const from = leading.length > 0 ? leading : all;
    return from[Math.floor(random() * from.length)]?.[0] ?? null;
  }

  /** Resolves when it is gone and its successor is on its way. */
  async kill(slot: Slot): Promise<void> {
    const process = this.#running.get(slot)!;
    process.child.kill('SIGKILL');
    await process.ended();
    this.#release(slot, process);
    this.#launch(slot);
  }

  /** Finds processes that ended by themselves. @returns what each said that should not have */
  async ended(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const [slot, process] of [...this.#running]) {
      if (process.running) continue;
      const { code, stderr } = await process.ended();
      this.#release(slot, process);
      if (slot.role === 'writer' && code === 0) continue;
      problems.push(`${slot.role} ${slot.index} ended by itself with ${code}: ${stderr.slice(-500)}`);
      this.#launch(slot);
    }
    return problems;
  }

  /** Asks all to end, once those that were just started can hear it. @returns what was wrong with their ends */
  async stop(): Promise<readonly string[]> {
    await this.#atWork();
    const ends = [...this.#running].map(async ([{ role, index }, process]) => {
      const { code, stderr } = await process.stop();
      return code === 0 ? [] : [`${role} ${index} ended with ${code} after SIGTERM: ${stderr.slice(-500)}`];
    });
    this.#running.clear();
    return (await Promise.all(ends)).flat();
  }

  /** What every process printed, one file each. */
  writeLogs(folder: string): void {
    for (const [nr, { slot, process }] of this.#all.entries()) {
      const text = [...process.stdout, ...process.stderr].join('\n');
      writeFileSync(join(folder, `${slot.role}-${slot.index}-${nr}.log`), text);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((process) => process.close()));
  }

  async #atWork(): Promise<void> {
    for (const [{ role }, process] of this.#running) {
      const said = () => process.stdout.some((line) => atWork[role].test(line));
      const state = () => [...process.stdout, ...process.stderr].slice(-20);
      await until(() => said() || !process.running, { withinMs: 120_000, state });
    }
  }

  #launch(slot: Slot): void {
    const process = new RunningProcess(this.#spawn(slot));
    this.#running.set(slot, process);
    this.#all.push({ slot, process });
  }

  #spawn({ role, index }: Slot) {
    const { project, environment, events, seed, topic } = this.#options;
    if (role === 'projector') return spawnRuntime(['start', project.manifest], environment);
    const from = this.#saved[index]!;
    const args = role === 'writer' ? [index, from, events, seed, topic].map(String) : [];
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    return spawnBound(process.execPath, [join(import.meta.dirname, `${role}.ts`), ...args], { stdio, environment });
  }

  #note({ role, index }: Slot, { stdout }: RunningProcess): void {
    if (role === 'writer' && stdout.length > 0) this.#saved[index] = Number(stdout.at(-1));
  }

  #release(slot: Slot, process: RunningProcess): void {
    this.#note(slot, process);
    this.#running.delete(slot);
  }
}
