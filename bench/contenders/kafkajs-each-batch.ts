/** Raw kafkajs, its fastest way to read: `eachBatch`, records of a partition one after the other. */
import { contend } from './contend.ts';
import { runKafkajs } from './kafkajs-group.ts';
import { loadPeerHandlers } from './peer-handlers.ts';

await contend(async (job) => {
  const { raw, rawBatch, close } = await loadPeerHandlers(job);
  const running = await runKafkajs(job, {
    eachBatch: async ({ batch: { messages } }) => {
      if (rawBatch !== undefined) return rawBatch(messages);
      for (const message of messages) {
        const pending = raw(message);
        if (pending !== undefined) await pending;
      }
    },
  });
  return { stop: () => running.stop().then(close) };
});
