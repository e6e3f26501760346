/** What a fault has to do with: the processes, Kafka, the load, and where it says what it cost. */
import type { TestKafka } from '../../runtime/testing/test-kafka.ts';
import type { Kill, Pause } from '../../test/support/history.ts';
import type { RunningKafka } from '../real/kafka.ts';
import type { Commits } from './commits.ts';
import type { Fleet } from './fleet.ts';
import type { Flow } from './flow.ts';
import type { Load } from './load.ts';

export interface Field {
  readonly fleet: Fleet;
  readonly load: Load;
  readonly flow: Flow;
  readonly commits: Commits;
  /** Of the campaign itself, past all proxies. */
  readonly kafka: TestKafka;
  /** Null where it is somebody's. */
  readonly broker: RunningKafka | null;
  readonly topic: string;
  partitions: number;
  readonly kills: Kill[];
  readonly pauses: Pause[];
  /** What went wrong beside the history: an exit code, a process that ended. */
  readonly problems: string[];
}

/** A fault was made, and is over as far as it depends on the campaign. */
export interface Made {
  /** Recovery is counted from here, in monotonic microseconds. */
  readonly fromUs: number;
  /** It has recovered when records from this number on are handled in every partition, */
  readonly fromRecord: number;
  /** and when this is true. */
  readonly also?: () => boolean;
  /** Processes that go on, and may have lost until it has recovered what they had not committed. */
  readonly lost?: readonly Kill[];
}
