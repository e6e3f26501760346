/**
 * What an experienced hand writes on kafkajs when handlers wait for I/O: within a batch the keys run side by side, up to
 * a limit for the process, and records of one key one after the other. A batch is committed when all of it is handled.
 */
import { contend } from './contend.ts';
import { runKafkajs } from './kafkajs-group.ts';
import { loadPeerHandlers, type RawRecord } from './peer-handlers.ts';
import { Room } from './room.ts';

await contend(async (job) => {
  const { raw, close } = await loadPeerHandlers(job);
  const room = new Room(job.atOnce);

  async function handleBatch(records: readonly RawRecord[]): Promise<void> {
    const lanes = new Map<string, Promise<void>>();
    for (const record of records) {
      const key = record.key?.toString('latin1') ?? '';
      await room.enter();
      const before = lanes.get(key);
      lanes.set(key, handleAfter(before, record));
    }
    await Promise.all(lanes.values());
  }

  async function handleAfter(before: Promise<void> | undefined, record: RawRecord): Promise<void> {
    if (before !== undefined) await before;
    await raw(record);
    room.leave();
  }

  const running = await runKafkajs(job, { eachBatch: ({ batch }) => handleBatch(batch.messages) });
  return { stop: () => running.stop().then(close) };
});
