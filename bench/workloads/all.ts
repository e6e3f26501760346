/** All benchmarks, in the order in which they run. */
import type { Workload } from '../workload.ts';
import { broker } from './broker.ts';
import { cpu } from './cpu.ts';
import { drain } from './drain.ts';
import { groups } from './groups.ts';
import { hot } from './hot.ts';
import { io } from './io.ts';
import { json } from './json.ts';
import { latency } from './latency.ts';
import { noop } from './noop.ts';
import { publish } from './publish.ts';
import { retries } from './retries.ts';

export const workloads: readonly Workload[] = [
  noop,
  json,
  cpu,
  hot,
  io,
  latency,
  drain,
  groups,
  retries,
  publish,
  broker,
];
