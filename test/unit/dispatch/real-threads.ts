/**
 * A dispatcher with real handler threads over one partition that the test holds in memory: it hands records over, and
 * when a thread has died it reads them again from the lowest unfinished one, as consumer and commit would.
 */
import { Checkpoint } from '../../../runtime/commit/checkpoint.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { EventHub, type RuntimeEvents } from '../../../runtime/core/events.ts';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import { partitionKey } from '../../../runtime/core/record-set.ts';
import type { GroupSettings } from '../../../runtime/core/settings.ts';
import type { Dispatch } from '../../../runtime/core/stages.ts';
import type { ExhaustedReport, Opening } from '../../../runtime/core/thread-messages.ts';
import { createDispatch } from '../../../runtime/dispatch/dispatch.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { testSettings } from '../../../runtime/testing/test-settings.ts';

const partition = { topic: 'orders', partition: 0 };

export interface RealThreads {
  readonly dispatch: Dispatch;
  readonly exhausted: ExhaustedReport[];
  readonly events: { readonly [K in keyof RuntimeEvents]?: RuntimeEvents[K][] };
  /** Records by event type, keys `k0`, `k1`, …; from offset 0. */
  publish(...types: readonly string[]): void;
  /** Lowest unfinished offset. */
  checkpoint(): number;
}

/** @param fragment keys of `groups.<name>` as in a manifest */
export function realThreads(
  fragment: Readonly<Record<string, unknown>>,
  handlers: string,
  hiddenEnv: readonly string[] = [],
): RealThreads {
  const settings = testSettings({ billing: { fragment: { topics: ['orders'], ...fragment }, handlers } }, [
    { host: '127.0.0.1', port: 1 },
  ]);
  const group = settings.groups[0] as GroupSettings;
  const hub = new EventHub();
  const events: Record<string, unknown[]> = {};
  hub.listen((name, event) => {
    events[name] = [...(events[name] ?? []), event];
  });
  const exhausted: ExhaustedReport[] = [];
  let types: readonly string[] = [];
  let epoch = 0;
  let nextSet = 1;
  let checkpoint = new Checkpoint(0, () => {});

  const read = (position: number, opening: Opening | null): void => {
    epoch++;
    checkpoint = new Checkpoint(position, () => {}, opening?.finished);
    dispatch.open(partition, epoch, opening);
    handOver(position);
  };
  const handOver = (from: number): void => {
    const bytes = new Uint8Array(batchOf(types, from)).buffer;
    const deltas = types.length - from;
    const progress = new Progress(new SharedArrayBuffer(progressBytes(deltas)), deltas);
    progress.reset();
    const set = {
      ...{ ...partition, id: nextSet++, epoch, firstOffset: from, lastOffset: types.length - 1 },
      ...{ bytes, byteLength: bytes.byteLength, recordCount: deltas, progress },
    };
    checkpoint.track(set);
    dispatch.accept(set);
  };
  const dispatch = createDispatch({
    group,
    logLevel: 'info',
    hooks: {
      async exhausted(report) {
        exhausted.push(report);
        return 'settled';
      },
      publish: async (records) => ({
        kind: 'ok',
        places: records.map(({ topic }) => ({ topic, partition: 0, offset: 0 })),
      }),
      progressed() {},
      threadDied(_, suspects) {
        const finished = checkpoint.finishedBeyond();
        read(checkpoint.read(), { finished, suspects: suspects.get(partitionKey(partition)) ?? [] });
      },
      corrupt: () => 'stopped',
    },
    clock: systemClock,
    random: systemRandom,
    emit: hub.emit,
    release() {},
    returned() {},
    hiddenEnv,
  });
  return {
    dispatch,
    exhausted,
    events: events as RealThreads['events'],
    publish(...published) {
      types = published;
      read(0, null);
    },
    checkpoint: () => checkpoint.read(),
  };
}

function batchOf(types: readonly string[], from: number): Buffer {
  return writeBatch({
    baseOffset: from,
    records: types.slice(from).map((type, i) => ({
      key: Buffer.from(`k${from + i}`),
      value: Buffer.from('{}'),
      headers: [['event_type', Buffer.from(type)]],
      timestamp: 0,
    })),
  });
}
