/** Takes 20 ms for every record, and looks at all of its bytes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineHandlers } from 'kafka-worker-runtime';

export default defineHandlers({
  '*': async (event) => {
    event.raw().value?.at(-1);
    await sleep(20);
  },
});
