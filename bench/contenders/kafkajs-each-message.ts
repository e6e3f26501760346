/** Raw kafkajs as most programs use it: `eachMessage`, records of a partition one after the other. */
import { contend } from './contend.ts';
import { runKafkajs } from './kafkajs-group.ts';
import { loadPeerHandlers } from './peer-handlers.ts';

await contend(async (job) => {
  const { raw, close } = await loadPeerHandlers(job);
  const running = await runKafkajs(job, { eachMessage: async ({ message }) => raw(message) });
  return { stop: () => running.stop().then(close) };
});
