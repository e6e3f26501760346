/** One run of a broker alone: `broker-load.ts` puts it under load, and Linux tells what that cost the broker. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { BenchTopics } from './bench-topics.ts';
import type { PartOfLoad } from './broker-load.ts';
import type { BenchBroker } from './brokers/kinds.ts';
import type { Measurement } from './measurement.ts';
import { processUsage } from './process-usage.ts';

/** By what was done. @param valueBytes of each record */
export async function runBrokerLoad(
  { brokers, pid }: BenchBroker,
  topics: BenchTopics,
  records: number,
  valueBytes: number,
): Promise<Readonly<Record<PartOfLoad['part'], Measurement>>> {
  const args = [brokers, await topics.empty('load'), String(records), String(valueBytes)];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'broker-load.ts'), ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const measured = new Map<PartOfLoad['part'], Measurement>();
  let begin = { atMs: 0, cpuSeconds: 0 };
  child.on('message', ({ part, moment, atMs }: PartOfLoad) => {
    const usage = pid === null ? null : processUsage(pid);
    if (moment === 'begin') begin = { atMs, cpuSeconds: usage?.cpuSeconds ?? 0 };
    else
      measured.set(part, {
        records,
        seconds: (atMs - begin.atMs) / 1000,
        cpuSeconds: usage === null ? null : usage.cpuSeconds - begin.cpuSeconds,
        maxRssMiB: usage?.maxRssMiB ?? null,
        again: 0,
        latency: null,
      });
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const [write, read] = [measured.get('write'), measured.get('read')];
  if (code !== 0 || write === undefined || read === undefined) throw new Error(`the load ended with ${code}`);
  return { write, read };
}
