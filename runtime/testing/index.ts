/** The testing kit: a whole runtime in a test, on the embedded broker. `import … from 'kafka-worker-runtime/testing'`. */
export { FaultyFrames } from './faulty-frames.ts';
export { type FaultyNetwork, type FaultyNetworkOptions, startFaultyNetwork } from './faulty-network.ts';
export type { FrameFault } from './frame-fault.ts';
export type { StoredRecord } from './read-topic.ts';
export {
  startTestRuntime,
  type TestContext,
  type TestRuntime,
  type TestRuntimeOptions,
} from './start-test-runtime.ts';
export type { TestRecord } from './test-kafka.ts';
export { type UntilOptions, until } from './until.ts';
