/** This runtime with the manifest of the workload: everything at its default but what the manifest says. */
import { join } from 'node:path';
import { loadManifests } from '../../runtime/manifest/load.ts';
import { createRuntime } from '../../runtime/supervisor/supervisor.ts';
import { contend } from './contend.ts';

await contend(async (job) => {
  const settings = loadManifests([join(import.meta.dirname, '..', 'manifests', `${job.manifest}.yaml`)], {
    env: { ...process.env, KAFKA_BROKERS: job.brokers, BENCH_TOPIC: job.topic },
    cwd: process.cwd(),
    random: Math.random,
  });
  const [group] = settings.groups;
  const groups = job.groups.map((name) => ({ ...group!, name }));
  const runtime = createRuntime({ ...settings, groups }, { http: false });
  void runtime.done.then(({ exitCode, error }) => {
    if (exitCode === 0) return;
    console.error(`the runtime ended with ${exitCode}:`, error);
    process.exit(1);
  });
  await runtime.start();
  return {
    stop: async () => {
      await runtime.stop();
    },
  };
});
