/**
 * The first idea for more than one core: `eachMessage` of kafkajs, and every record a task of a piscina pool with a thread
 * per core. A partition's records stay in order, since the next one is handed over when the one before is done.
 */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { contend } from './contend.ts';
import { runKafkajs } from './kafkajs-group.ts';

await contend(async (job) => {
  const pool = new Piscina({
    filename: new URL('./kafkajs-piscina-thread.ts', import.meta.url).href,
    workerData: { handlers: job.handlers },
    minThreads: availableParallelism(), // one that shrinks and grows waits for new threads
    maxThreads: availableParallelism(),
  });
  const running = await runKafkajs(job, {
    eachMessage: async ({ message: { key, value } }) => {
      // Texts, as is usual: a Buffer would take the whole fetch with it through the clone.
      await pool.run({ key: key?.toString() ?? null, value: value?.toString() ?? null });
    },
  });
  return { stop: () => running.stop().then(() => pool.destroy()) };
});
