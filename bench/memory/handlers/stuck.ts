/** One key of one partition fails for ever, the others cost nothing. */
import { defineHandlers } from 'kafka-worker-runtime';

export default defineHandlers({
  '*': (event) => {
    if (event.key === 'key-0' && event.partition === 0) throw new Error('this key is stuck');
  },
});
