/** What Linux knows about another process: CPU time and memory. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUsage {
  /** User and system time so far, all threads. */
  readonly cpuSeconds: number;
  /** The most that it ever had in memory. */
  readonly maxRssMiB: number;
}

const ticksPerSecond = 100; // USER_HZ, the same on every Linux of today

/** @returns null when the process is gone */
export function processUsage(pid: number): ProcessUsage | null {
  try {
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th word after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
    return {
      cpuSeconds: (Number(words[11]) + Number(words[12])) / ticksPerSecond,
      maxRssMiB: Math.round(Number(peak) / 1024),
    };
  } catch {
    return null;
  }
}

/** The process whose command line holds `text`. @returns null when there is none */
export function processWith(text: string): number | null {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (Number(pid) !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text))
        return Number(pid);
    } catch {
      // It ended while the list was read.
    }
  }
  return null;
}
