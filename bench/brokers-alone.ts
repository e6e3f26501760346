/** The workload without contenders: brokers under the same load, one after the other. */
import { type Bench, onBroker } from './bench-context.ts';
import type { BrokerKind } from './brokers/kinds.ts';
import type { Measurement } from './measurement.ts';
import { loadedBrokers } from './plan.ts';
import { figureOf, type Result, type Row } from './result.ts';
import { runBrokerLoad } from './run-broker-load.ts';
import { type Workload, warmUpShare } from './workload.ts';

export async function runBrokersAlone(workload: Workload, bench: Bench): Promise<Result> {
  const { options, machine, progress } = bench;
  const startedAt = performance.now();
  const records = options.records ?? workload.records;
  const valueBytes = workload.load.kind === 'broker' ? workload.load.value(0).length : 0;
  const kinds = loadedBrokers(options);
  const parts = ['write', 'read'] as const;
  const titles = new Map<BrokerKind, string>();
  const measured = new Map<string, Measurement[]>();
  for (const kind of kinds) {
    await onBroker(kind, bench, async (broker, topics) => {
      titles.set(kind, broker.title);
      // A broker that is new is slow: it compiles its code first.
      await runBrokerLoad(broker, topics, Math.ceil(records * warmUpShare), valueBytes);
      for (let run = 1; run <= options.runs; run++) {
        const what = `${workload.name.padEnd(8)} run ${run}/${options.runs}  ${broker.title.padEnd(34)}`;
        progress.begins(what);
        const both = await runBrokerLoad(broker, topics, records, valueBytes);
        for (const part of parts) measured.set(kind + part, [...(measured.get(kind + part) ?? []), both[part]]);
        progress.ends(what, `${figureOf(both.write)} written, ${figureOf(both.read)} read`);
      }
    });
  }
  const rows: Row[] = kinds.flatMap((kind) =>
    parts.map((part) => ({
      label: `${titles.get(kind)}, ${part}`,
      against: kinds.includes('kafka') ? `${titles.get('kafka')}, ${part}` : null,
      records,
      runs: measured.get(kind + part)!,
      failure: null,
    })),
  );
  const on = [...titles.values()].join(' and ');
  const tookSeconds = (performance.now() - startedAt) / 1000;
  return { workload: workload.name, broker: 'brokers', on, rows, machine, tookSeconds };
}
