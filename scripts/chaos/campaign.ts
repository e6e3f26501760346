/**
 * One campaign: processes of one group under a steady load, faults one after another, and at the end everything drained.
 *
 *   set up ─▶ (make a fault ─▶ wait until records flow again) × n ─▶ stop the load ─▶ drain ─▶ history
 *
 * Responsible for what happens and for writing it down; whether it was right is for `verdict.ts`.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../runtime/testing/until.ts';
import { nameOf, saysPoison } from '../../test/processes/support/record-mix.ts';
import type { History } from '../../test/support/history.ts';
import { createProject, handlersOf, type Project } from '../../test/support/project.ts';
import { Commits } from './commits.ts';
import { dealSteps, type Step, slotsAtStart } from './deck.ts';
import { makeFault } from './faults.ts';
import type { Field } from './field.ts';
import { Fleet } from './fleet.ts';
import { Flow } from './flow.ts';
import { givenKafka, ownKafka } from './ground.ts';
import { Load, numberOf } from './load.ts';
import { campaignManifest } from './manifest.ts';
import { monotonicUs } from './monotonic.ts';
import type { ChaosOptions } from './options.ts';
import { attemptsMax } from './record-faults.ts';

const partitionsAtStart = 6;
/** A leader notices new partitions when its metadata is a minute old; the rest is for a machine that does much else. */
const recoveryMaxMs = 120_000;
const drainMaxMs = 120_000;
/** Between faults, so that what is left of one is not taken for the next one's. */
const calmMs = 1_500;

export interface StepResult {
  readonly step: Step;
  readonly beganUs: number;
  /** Null when records did not flow again in time. */
  readonly recoveryMs: number | null;
}

export interface CampaignResult {
  readonly results: readonly StepResult[];
  readonly history: History;
  /** What went wrong beside the history. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** Where recording and logs lie. */
  readonly folder: string;
  /** Removes that folder. */
  forget(): void;
}

export interface Watcher {
  begins(nr: number, step: Step): void;
  recovered(nr: number, result: StepResult): void;
  says(what: string): void;
}

export async function runCampaign(options: ChaosOptions, watcher: Watcher): Promise<CampaignResult> {
  const startedUs = monotonicUs();
  const own = options.brokers === null;
  const steps = dealSteps({ ...options, ownKafka: own });
  watcher.says(own ? 'starting Apache Kafka' : `using Kafka at ${options.brokers}`);
  const topic = `chaos-${randomUUID()}`;
  const ground = own ? await ownKafka() : givenKafka(options.brokers!, topic);
  const { kafka, broker, slots } = ground;
  const handlers = handlersOf(join(import.meta.dirname, 'handlers.ts'));
  const project = createProject(campaignManifest(topic, options.client), handlers);
  const marks = join(project.folder, 'marks');
  mkdirSync(marks);
  const fleet = new Fleet(slots, project, { CHAOS_MARKS: marks });
  const field: Field = {
    fleet,
    kafka,
    broker,
    topic,
    load: new Load(kafka, topic),
    flow: new Flow(project.recording),
    commits: new Commits(kafka, topic, topic, () => field.partitions),
    partitions: partitionsAtStart,
    kills: [],
    pauses: [],
    problems: [],
  };
  try {
    await kafka.createTopics({ [topic]: { partitions: partitionsAtStart } });
    watcher.says(`starting ${slotsAtStart} processes`);
    // One by one: several at once would take the processor from one another while they load their handlers.
    for (let slot = 0; slot < slotsAtStart; slot++) await fleet.start(slot);
    field.load.start();
    field.commits.start();
    await recover(field, 0);
    const results: StepResult[] = [];
    for (const [i, step] of steps.entries()) {
      watcher.begins(i + 1, step);
      results.push(await one(field, step));
      watcher.recovered(i + 1, results.at(-1)!);
    }
    watcher.says('draining');
    const history = await drained(field, project);
    const seconds = (monotonicUs() - startedUs) / 1e6;
    return {
      results,
      history,
      problems: field.problems,
      seconds,
      folder: project.folder,
      forget: () => project.close(),
    };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}\nwhat was written down until then is in ${project.folder}`, { cause: error });
  } finally {
    await Promise.allSettled([field.load.stop(), field.commits.stop()]);
    fleet.writeLogs(project.folder);
    await fleet.close();
    await ground.close();
  }
}

async function one(field: Field, step: Step): Promise<StepResult> {
  const beganUs = monotonicUs();
  const made = await makeFault(field, step);
  const recoveredUs = await recover(field, made.fromRecord, made.also);
  const untilUs = monotonicUs();
  field.kills.push(...(made.lost ?? []).map((kill) => ({ ...kill, untilUs })));
  if (recoveredUs === null)
    field.problems.push(`${step.kind}: records did not flow again in ${recoveryMaxMs / 1000} s`);
  field.problems.push(...(await field.fleet.revive()));
  await sleep(calmMs);
  return { step, beganUs, recoveryMs: recoveredUs === null ? null : Math.max(0, recoveredUs - made.fromUs) / 1000 };
}

/** @returns when records from that number on were handled in every partition; null when that took too long */
async function recover(field: Field, fromRecord: number, also?: () => boolean): Promise<number | null> {
  const { flow } = field;
  flow.watch(fromRecord);
  let alsoUs: number | null = also === undefined ? 0 : null;
  const deadline = performance.now() + recoveryMaxMs;
  while (performance.now() < deadline) {
    const flowsUs = flow.flowsSinceUs(field.partitions);
    if (alsoUs === null && also!()) alsoUs = monotonicUs();
    if (flowsUs !== null && alsoUs !== null) return Math.max(flowsUs, alsoUs);
    await sleep(20);
  }
  return null;
}

/** Ends the load, waits until everything is finished, and stops the processes one by one. */
async function drained(field: Field, project: Project): Promise<History> {
  const { kafka, topic, load, flow, fleet, commits, problems } = field;
  await load.stop();
  const records = await kafka.read(topic);
  const poison = records.filter(saysPoison);
  const good = records.filter((record) => !saysPoison(record)).map((record) => numberOf(nameOf(record)));
  const finished = async (): Promise<boolean> => {
    project.recording.follow();
    await sleep(200);
    if (!good.every((number) => flow.isDone(number))) return false;
    const dead = (await kafka.read(`${topic}.dlq`)).map((letter) => numberOf(nameOf(letter)));
    return new Set(dead).size >= poison.length;
  };
  // Who does not finish is found in the history.
  await until(finished, { withinMs: drainMaxMs }).catch(() => {});
  for (const slot of fleet.taken) {
    const problem = await fleet.stop(slot);
    if (problem !== null) problems.push(problem);
  }
  await commits.stop();
  await commits.last();
  const deadLetters = (await kafka.read(`${topic}.dlq`)).map(nameOf);
  return {
    records: records.map((record) => ({
      ...{ topic: record.topic, partition: record.partition, offset: record.offset },
      ...nameOf(record),
      poison: saysPoison(record),
    })),
    calls: project.recording.calls(),
    threads: project.recording.threads(),
    commits: commits.samples,
    deadLetters,
    kills: field.kills,
    pauses: field.pauses,
    attemptsMax,
  };
}
