/** This runtime: the group engine, the thread pool and a handler that only counts. */
import { setEnvironmentData } from 'node:worker_threads';
import { loadManifests } from '../../runtime/manifest/load.ts';
import { createRuntime } from '../../runtime/supervisor/supervisor.ts';
import { Stopwatch } from '../measure.ts';

const [brokers = '', topic = '', records = '0'] = process.argv.slice(2);
const counters = new Int32Array(new SharedArrayBuffer(4 * 64));
setEnvironmentData('bench.counters', counters.buffer as unknown as string);

const settings = loadManifests([new URL('../manifests/noop.yaml', import.meta.url).pathname], {
  env: { ...process.env, KAFKA_BROKERS: brokers, BENCH_TOPIC: topic },
  cwd: process.cwd(),
  random: Math.random,
});
// A group of its own for every run: each starts at the beginning of the topic.
const groups = settings.groups.map((group) => ({ ...group, name: `bench-${process.pid}-${Date.now()}` }));
const runtime = createRuntime({ ...settings, groups }, { http: false });
const watch = new Stopwatch(Number(records));

const poll = setInterval(() => {
  if (!watch.seen(counters.reduce((sum, count) => sum + count, 0))) return;
  clearInterval(poll);
  const result = watch.result();
  void runtime.stop().then(({ exitCode }) => {
    console.log(JSON.stringify(result));
    process.exit(exitCode);
  });
}, 1);
await runtime.start();
