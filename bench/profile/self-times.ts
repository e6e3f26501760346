/** Reads a `.cpuprofile`: which functions a thread was in, by self time. */

/** The parts that are read of what V8 writes. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Ids of nodes, in the order of time. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export interface SelfTime {
  /** V8's own are in parentheses: `(idle)`, `(program)`, `(garbage collector)`. */
  readonly name: string;
  /** File and line from 1; empty for what has none. */
  readonly place: string;
  readonly milliseconds: number;
}

/** @param root file URL that places are told from @returns the longest first */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile, root: string): readonly SelfTime[] {
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const found = new Map<string, { name: string; place: string; milliseconds: number }>();
  for (const [i, id] of samples.entries()) {
    const { functionName, url, lineNumber } = nodeOf.get(id)!.callFrame;
    const name = functionName === '' ? '(anonymous)' : functionName;
    const place = url === '' ? '' : `${shortUrl(url, root)}:${lineNumber + 1}`;
    const key = `${name} ${place}`;
    const entry = found.get(key) ?? { name, place, milliseconds: 0 };
    // A sample stands for the time until the next one.
    entry.milliseconds += (timeDeltas[i + 1] ?? 0) / 1000;
    found.set(key, entry);
  }
  return [...found.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

function shortUrl(url: string, root: string): string {
  const packages = url.lastIndexOf('node_modules/');
  if (packages >= 0) return url.slice(packages + 'node_modules/'.length);
  return url.startsWith(root) ? url.slice(root.length) : url;
}
