import { expect, test } from 'vitest';
import type { Measurement } from '../../../bench/measurement.ts';
import type { Result, Row } from '../../../bench/result.ts';
import { merged, page } from '../../../bench/results-file.ts';
import { aligned, cellsOf, failures, markdown } from '../../../bench/table.ts';
import { verdict } from '../../../bench/verdict.ts';

const run = (seconds: number, more: Partial<Measurement> = {}): Measurement => {
  return { records: 1_000_000, seconds, cpuSeconds: 2, maxRssMiB: 300, again: 0, latency: null, ...more };
};

const row = (label: string, runs: readonly Measurement[], failure: string | null = null): Row => {
  return { label, against: 'peer', records: 1_250_000, runs, failure };
};

const machine = { date: '2026-01-02', cores: 2, cpu: 'a CPU', memoryGiB: 8, node: '24.0.0', packages: {}, load: 0 };

const result = (rows: readonly Row[], more: Partial<Result> = {}): Result => {
  return { workload: 'noop', broker: 'kafka', on: 'Apache Kafka', rows, machine, tookSeconds: 9, ...more };
};

const latency = (p50Ms: number, p99Ms: number) => ({ p50Ms, p99Ms, maxMs: 50 });

test('rates are medians, with the lowest, the highest and the ratio to the peer', () => {
  const cells = cellsOf(result([row('ours', [run(0.5), run(1), run(0.25)]), row('peer', [run(4)])]));
  expect(aligned(cells)).toBe(
    [
      '        records  records/s             low–high   ratio  CPU s per million  peak RSS',
      'ours  1,250,000  2,000,000  1,000,000–4,000,000  8.00 ×               2.00   300 MiB',
      'peer  1,250,000    250,000      250,000–250,000  1.00 ×               2.00   300 MiB',
    ].join('\n'),
  );
});

test('without the peer there is no ratio, and of a broker that is not ours nobody knows the memory', () => {
  const cells = cellsOf(result([row('ours', [run(0.5, { cpuSeconds: null, maxRssMiB: null })])]));
  expect(cells[1]!.slice(4)).toEqual(['–', '–', '–']);
});

test('records that were handled again get a column', () => {
  const cells = cellsOf(result([row('ours', [run(0.5, { again: 1_234 })]), row('peer', [run(4)])]));
  expect(cells.map((line) => line.at(-1))).toEqual(['again', '1,234', '0']);
});

test('latencies are told instead of rates', () => {
  const rows = [row('ours', [run(6, { latency: latency(0.5, 3) })]), row('peer', [run(6, { latency: latency(1, 8) })])];
  expect(markdown(cellsOf(result(rows)))).toContain('| ours | 1,250,000 | 0.50 ms | 0.50–0.50 | 0.50 × | 3.00 ms |');
});

test('a contender that failed has a line instead of figures', () => {
  const failed = result([row('ours', [], 'handled 9 records instead of 10'), row('peer', [run(4)])]);
  expect(cellsOf(failed).map(([name]) => name)).toEqual(['', 'peer']);
  expect(failures(failed)).toEqual(['ours failed: handled 9 records instead of 10']);
  expect(verdict(failed, { ratio: 1 })).toBeNull();
});

test('a target is reached or missed, by what was measured', () => {
  const measured = result([row('ours', [run(0.5)]), row('peer', [run(4)])]);
  expect(verdict(measured, { perSecond: 1_500_000, ratio: 9 })).toBe(
    'Target: at least 1,500,000 records/s: reached with 2,000,000 records/s; at least 9.00 × eachBatch: missed with 8.00 × eachBatch.',
  );
  const timed = result([row('ours', [run(6, { latency: latency(0.5, 8) })])]);
  expect(verdict(timed, { p50Ms: 0.7, p99Ms: 4 })).toBe(
    'Target: at most p50 of 0.70 ms: reached with p50 of 0.50 ms; at most p99 of 4.00 ms: missed with p99 of 8.00 ms.',
  );
  expect(verdict(result(measured.rows, { broker: 'embedded' }), { ratio: 1 })).toBeNull();
});

test('fresh results take the place of those of the same workload and broker, others stay', () => {
  const json = result([], { workload: 'json' });
  const old = result([], { on: 'old' });
  const fresh = result([], { on: 'fresh' });
  const embedded = result([], { broker: 'embedded' });
  expect(merged([embedded, json, old], [fresh])).toEqual([fresh, json, embedded]);
});

test('the page says where each table is from, and whether the machine was busy', () => {
  const busy = result([row('ours', [run(0.5)])], { machine: { ...machine, load: 3.5 } });
  const text = page([busy]);
  expect(text).toContain('## No-op handler, records of 100 bytes');
  expect(text).toContain('1 run, 2026-01-02, 2 cores (a CPU), 8 GiB, Node 24.0.0');
  expect(text).toContain('**The machine was busy with other work: a load of 3.5 before it began.**');
});
