/** One scenario: broker here, in a thread; the runtime in a process of its own, whose memory is read while it works. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrokerThread } from '../../runtime/broker/start-broker.ts';
import { loadManifests } from '../../runtime/manifest/load.ts';
import { RuntimeProcess } from '../runtime-process.ts';
import { memoryBound } from './bound.ts';
import type { Scenario } from './scenarios.ts';

export interface Measured {
  readonly name: string;
  readonly what: string;
  readonly seconds: number;
  /** From 0 to 1; under 1 when it did not get there in time. */
  readonly progress: number;
  readonly boundBytes: number;
  /** In equal steps of time. */
  readonly rssBytes: readonly number[];
  readonly peakBytes: number;
  /** Highest of the second half minus highest of the first: what goes on growing. */
  readonly growthBytes: number;
  readonly passed: boolean;
}

/** What garbage may differ by from one half to the other: the heap of one thread. */
const growthBytesMax = 32 * 1024 * 1024;
const lookEveryMs = 250;

export async function runScenario(
  scenario: Scenario,
  patienceSeconds: number,
  report: (line: string) => void,
): Promise<Measured> {
  const broker = await startBrokerThread();
  try {
    const topic = await scenario.fill({ broker, report });
    const env = { KAFKA_BROKERS: `${broker.address.host}:${broker.address.port}`, BENCH_TOPIC: topic };
    const manifest = join(import.meta.dirname, 'manifests', `${scenario.name}.yaml`);
    const { groups } = loadManifests([manifest], { env, cwd: process.cwd(), random: Math.random });
    const runtime = await RuntimeProcess.start(manifest, env);
    try {
      const samples: number[] = [];
      const startedAt = performance.now();
      const seconds = (): number => (performance.now() - startedAt) / 1000;
      let progress = 0;
      while (progress < 1 && seconds() < patienceSeconds) {
        samples.push(runtime.rssBytes());
        progress = Math.min(1, await scenario.progress(runtime, seconds(), { broker, report }));
        await sleep(lookEveryMs);
      }
      return judged(scenario, samples, seconds(), progress, memoryBound(groups[0]!, 1));
    } finally {
      await runtime.stop();
    }
  } finally {
    await broker.close();
  }
}

function judged(
  { name, what }: Scenario,
  rssBytes: readonly number[],
  seconds: number,
  progress: number,
  boundBytes: number,
): Measured {
  const half = Math.ceil(rssBytes.length / 2);
  const peakBytes = Math.max(...rssBytes);
  const growthBytes = Math.max(...rssBytes.slice(half), 0) - Math.max(...rssBytes.slice(0, half));
  const passed = progress >= 1 && peakBytes <= boundBytes && growthBytes <= growthBytesMax;
  return { name, what, seconds, progress, boundBytes, rssBytes, peakBytes, growthBytes, passed };
}
