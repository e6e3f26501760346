/** Does nothing but count, in memory that the bench reads: so the time of a run ends with its last record. */
import { getEnvironmentData, threadId } from 'node:worker_threads';
import { defineHandlers } from 'kafka-worker-runtime';

const counters = new Int32Array(getEnvironmentData('bench.counters') as unknown as SharedArrayBuffer);
const mine = threadId % counters.length;

export default defineHandlers({
  '*': () => {
    counters[mine]!++;
  },
});
