/** Faults of whole processes: signals, and how many there are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../runtime/testing/until.ts';
import type { RuntimeProgram } from '../../test/support/runtime-program.ts';
import { sessionMs } from './deck.ts';
import type { Field, Made } from './field.ts';
import { monotonicOf, monotonicUs } from './monotonic.ts';

const shortPauseMs = 0.4 * sessionMs;
const longPauseMs = 1.5 * sessionMs;
/** Between two signals; enough that the first one is heard. */
const secondSignalMs = 5;
/** Until commits that were on their way have arrived, long before others take over. */
const settledMs = 1_000;
const forced = 4;
const stormRounds = 3;
/** Until connections are cut once more: some were made again. */
const againMs = 100;

export async function kill(field: Field, slot: number): Promise<Made> {
  const made = now(field);
  const { pid } = await field.fleet.end(slot, 'SIGKILL');
  field.kills.push({ pid, committed: await field.commits.now() });
  await field.fleet.start(slot);
  return made;
}

export async function terminate(field: Field, slot: number): Promise<Made> {
  const fromUs = monotonicUs();
  await stop(field, slot);
  const fromRecord = field.load.next;
  await field.fleet.start(slot);
  return { fromUs, fromRecord };
}

/** What it has finished still has to be committed, over new connections. */
export async function cutWhileStopping(field: Field, slot: number): Promise<Made> {
  const fromUs = monotonicUs();
  const network = field.fleet.network(slot);
  const stopped = stop(field, slot);
  network.cut();
  await Promise.race([stopped, sleep(againMs)]);
  network.cut();
  await stopped;
  const fromRecord = field.load.next;
  await field.fleet.start(slot);
  return { fromUs, fromRecord };
}

/** One leaves in peace while the group still counts on another one that is dead. */
export async function killAndTerminate(field: Field, slot: number): Promise<Made> {
  const made = now(field);
  const other = field.fleet.taken.find((taken) => taken !== slot)!;
  const { pid } = await field.fleet.end(slot, 'SIGKILL');
  field.kills.push({ pid, committed: await field.commits.now() });
  await stop(field, other);
  await Promise.all([field.fleet.start(slot), field.fleet.start(other)]);
  return made;
}

export async function terminateTwice(field: Field, slot: number): Promise<Made> {
  const made = now(field);
  field.fleet.at(slot).signal('SIGTERM');
  await sleep(secondSignalMs);
  const { pid, code } = await field.fleet.end(slot, 'SIGTERM');
  // It may have had nothing to finish.
  if (code !== forced && code !== 0) field.problems.push(`process ${pid} ended with ${code} after two SIGTERM`);
  field.kills.push({ pid, committed: await field.commits.now() });
  await field.fleet.start(slot);
  return made;
}

export async function shortPause(field: Field, slot: number): Promise<Made> {
  field.fleet.at(slot).signal('SIGSTOP');
  await sleep(shortPauseMs);
  field.fleet.at(slot).signal('SIGCONT');
  return now(field);
}

/** Others take its partitions over while it stands still; then it goes on, hears of it, and joins again. */
export async function longPause(field: Field, slot: number): Promise<Made> {
  const program = field.fleet.at(slot);
  const made = now(field);
  program.signal('SIGSTOP');
  await loseUnknowing(field, program, made.fromUs, async () => {
    await sleep(longPauseMs - settledMs);
    program.signal('SIGCONT');
  });
  return made;
}

/** @param meanwhile until it can hear again that it is no member any more */
export async function loseUnknowing(
  field: Field,
  program: RuntimeProgram,
  fromUs: number,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const said = program.stdout.length;
  await sleep(settledMs);
  const { pid } = program;
  const committed = await field.commits.now();
  await meanwhile();
  const joined = () => program.stdout.slice(said).find((line) => line.includes('"state":"joined"'));
  await until(() => joined() !== undefined, { withinMs: 60_000, state: () => program.stdout.slice(-20) });
  const { time } = JSON.parse(joined()!) as { time: number };
  const untilUs = monotonicOf(time);
  field.pauses.push({ pid, fromUs, untilUs });
  field.kills.push({ pid, committed, untilUs });
}

export async function scaleUp(field: Field, slot: number): Promise<Made> {
  const fromUs = monotonicUs();
  await field.fleet.start(slot);
  return { fromUs, fromRecord: field.load.next };
}

export async function scaleDown(field: Field, slot: number): Promise<Made> {
  const fromUs = monotonicUs();
  await stop(field, slot);
  return { fromUs, fromRecord: field.load.next };
}

export async function rollingRestart(field: Field): Promise<Made> {
  const fromUs = monotonicUs();
  for (const slot of field.fleet.taken) {
    await stop(field, slot);
    await field.fleet.start(slot);
  }
  return { fromUs, fromRecord: field.load.next };
}

/** Two processes are stopped again and again, each time as soon as they want to join. */
export async function restartStorm(field: Field, slot: number): Promise<Made> {
  const fromUs = monotonicUs();
  const { fleet } = field;
  const other = fleet.taken.find((taken) => taken !== slot)!;
  await Promise.all(
    [slot, other].map(async (restarted) => {
      for (let round = 0; round < stormRounds; round++) {
        await stop(field, restarted);
        fleet.launch(restarted);
        await fleet.at(restarted).says(/"state":"joining"/);
      }
      await fleet.at(restarted).joined();
    }),
  );
  return { fromUs, fromRecord: field.load.next };
}

async function stop(field: Field, slot: number): Promise<void> {
  const problem = await field.fleet.stop(slot);
  if (problem !== null) field.problems.push(problem);
}

export function now(field: Field): Made {
  return { fromUs: monotonicUs(), fromRecord: field.load.next };
}
