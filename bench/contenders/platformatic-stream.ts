/**
 * The stream of @platformatic/kafka. Its own commits are of what it has handed out, not of what was handled, so offsets
 * are committed here, once a second and at the end.
 */
import { Consumer, type Message } from '@platformatic/kafka';
import type { Job } from '../job.ts';
import { contend, type Running } from './contend.ts';
import { loadPeerHandlers, type PeerHandlers } from './peer-handlers.ts';

const commitEveryMs = 1_000;

await contend(async (job) => {
  const { raw, close } = await loadPeerHandlers(job);
  const groups = await Promise.all(job.groups.map((groupId) => runGroup(job, groupId, raw)));
  return {
    stop: async () => {
      await Promise.all(groups.map((group) => group.stop()));
      await close();
    },
  };
});

async function runGroup({ brokers, topic }: Job, groupId: string, raw: PeerHandlers['raw']): Promise<Running> {
  const consumer = new Consumer({ groupId, clientId: 'bench-platformatic', bootstrapBrokers: brokers.split(',') });
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
    maxWaitTime: 500,
  });
  /** By partition, the offset to go on with. */
  const finished = new Map<number, bigint>();
  const commit = async (): Promise<void> => {
    const offsets = [...finished].map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    finished.clear();
    if (offsets.length > 0) await consumer.commit({ offsets });
  };
  stream.on('data', (message: Message) => {
    const done = (): void => void finished.set(message.partition, message.offset + 1n);
    const pending = raw(message);
    if (pending === undefined) return done();
    stream.pause();
    void pending.then(() => {
      done();
      stream.resume();
    });
  });
  const timer = setInterval(() => void commit(), commitEveryMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await commit();
      await stream.close();
      await consumer.close(true);
    },
  };
}
