/** Ends its thread with every record. */
import { defineHandlers } from 'kafka-worker-runtime';

export default defineHandlers({ '*': () => process.exit(13) });
