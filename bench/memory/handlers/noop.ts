import { defineHandlers } from 'kafka-worker-runtime';

export default defineHandlers({ '*': () => {} });
