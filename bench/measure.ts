/**
 * Runs contenders side by side: each in a process of its own, in turn (A B A B …), so that a drift of the machine's
 * speed meets all of them alike. A contender is a script that is given brokers, topic and record count, and prints one
 * JSON line (`Measurement`) when it has seen every record.
 */
import { spawn } from 'node:child_process';

export interface Measurement {
  readonly records: number;
  /** From the first record seen to the last one. */
  readonly seconds: number;
  /** User and system time of the process between the same two moments. */
  readonly cpuSeconds: number;
  readonly maxRssMiB: number;
}

export interface Contender {
  readonly name: string;
  /** Path of the script, relative to `bench/`. */
  readonly script: string;
}

export interface Workload {
  readonly brokers: string;
  readonly topic: string;
  readonly records: number;
}

/** @returns the measurements of each contender, in the order of the runs */
export async function measureInTurn(
  contenders: readonly Contender[],
  workload: Workload,
  runs: number,
  report: (line: string) => void,
): Promise<ReadonlyMap<string, readonly Measurement[]>> {
  const results = new Map<string, Measurement[]>(contenders.map(({ name }) => [name, []]));
  for (let run = 1; run <= runs; run++) {
    for (const contender of contenders) {
      const measured = await measureOnce(contender, workload);
      results.get(contender.name)!.push(measured);
      const rate = Math.round(measured.records / measured.seconds).toLocaleString('en');
      report(`run ${run}/${runs}  ${contender.name.padEnd(22)} ${rate} records/s`);
    }
  }
  return results;
}

async function measureOnce(contender: Contender, workload: Workload): Promise<Measurement> {
  const script = new URL(contender.script, import.meta.url).pathname;
  const child = spawn(process.execPath, [script, workload.brokers, workload.topic, String(workload.records)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1', NODE_NO_WARNINGS: '1' },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0 || !line.startsWith('{'))
    throw new Error(`${contender.name} ended with ${code}: ${output.slice(-2000)}`);
  return JSON.parse(line) as Measurement;
}

/** A stopwatch for contenders: `seen` is called with the number of records handled so far. */
export class Stopwatch {
  readonly #records: number;
  #startedAt = 0;
  #cpuAtStart: NodeJS.CpuUsage = { user: 0, system: 0 };

  constructor(records: number) {
    this.#records = records;
  }

  /** @returns true when all were seen */
  seen(count: number): boolean {
    if (this.#startedAt === 0 && count > 0) {
      this.#startedAt = performance.now();
      this.#cpuAtStart = process.cpuUsage();
    }
    return count >= this.#records;
  }

  /** To be called at once when `seen` was true. */
  result(): Measurement {
    const cpu = process.cpuUsage(this.#cpuAtStart);
    return {
      records: this.#records,
      seconds: (performance.now() - this.#startedAt) / 1000,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      maxRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  }
}

/** A table of medians, with the rate of each contender as a multiple of the last one's. */
export function table(results: ReadonlyMap<string, readonly Measurement[]>): string {
  const rows = [...results].map(([name, measured]) => {
    const rates = measured.map((m) => m.records / m.seconds).sort((a, b) => a - b);
    return {
      name,
      rate: median(rates),
      low: rates[0]!,
      high: rates.at(-1)!,
      cpu: median(measured.map((m) => (m.cpuSeconds / m.records) * 1e6)),
      rss: median(measured.map((m) => m.maxRssMiB)),
    };
  });
  const base = rows.at(-1)!.rate;
  const number = (value: number): string => Math.round(value).toLocaleString('en');
  const lines = rows.map((row) => [
    row.name,
    number(row.rate),
    `${number(row.low)}–${number(row.high)}`,
    `${(row.rate / base).toFixed(2)} ×`,
    row.cpu.toFixed(2),
    `${row.rss} MiB`,
  ]);
  const head = ['', 'records/s (median)', 'low–high', 'ratio', 'CPU s per million', 'peak RSS'];
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]!.length)));
  return [head, ...lines]
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
