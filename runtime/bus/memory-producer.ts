/** The producer of a bus in memory: what Kafka's refuses before it sends anything is refused here too. */
import type { Clock } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Emit } from '../core/events.ts';
import type { ProducerSettings } from '../core/settings.ts';
import type { OutboundRecord, PublishResult, WrittenPlace } from '../core/thread-messages.ts';
import type { CallResult } from '../publisher/call.ts';
import { byKey, type ChoosePartition } from '../publisher/choose-partition.ts';
import type { Producer, SendOptions } from '../publisher/producer.ts';
import { faultOf } from '../publisher/record-faults.ts';
import { reportCall } from '../publisher/report-call.ts';
import type { BusMemory } from './bus-memory.ts';

export interface MemoryProducerOptions {
  readonly memory: BusMemory;
  readonly settings: ProducerSettings;
  readonly choose: ChoosePartition;
  readonly clock: Clock;
  readonly emit: Emit;
}

export class MemoryProducer implements Producer {
  /** Nothing waits: memory takes it at once. */
  readonly bufferedBytes = 0;
  readonly #options: MemoryProducerOptions;

  constructor(options: MemoryProducerOptions) {
    this.#options = options;
  }

  async deliver(records: readonly OutboundRecord[], { deadLetter = false }: SendOptions = {}): Promise<CallResult> {
    const places: (WrittenPlace | null)[] = [];
    const failures: { readonly index: number; readonly error: unknown }[] = [];
    for (const [index, record] of records.entries()) {
      try {
        places.push(this.#append(record, deadLetter));
      } catch (error) {
        places.push(null);
        failures.push({ index, error });
      }
    }
    if (records.length > 0) reportCall(records, { places, failures }, 0, this.#options.emit);
    return { places, failures };
  }

  async send(records: readonly OutboundRecord[], options?: SendOptions): Promise<readonly WrittenPlace[]> {
    const { places, failures } = await this.deliver(records, options);
    if (failures.length > 0) throw failures[0]!.error;
    return places as readonly WrittenPlace[];
  }

  async publish(records: readonly OutboundRecord[]): Promise<PublishResult> {
    const { places, failures } = await this.deliver(records);
    if (failures.length === 0) return { kind: 'ok', places: places as readonly WrittenPlace[] };
    return {
      kind: 'failed',
      places,
      failures: failures.map(({ index, error }) => ({ index, error: toErrorData(error) })),
    };
  }

  async flush(): Promise<void> {}

  close(): void {}

  #append(record: OutboundRecord, deadLetter: boolean): WrittenPlace {
    const { memory, settings, choose, clock } = this.#options;
    const fault = faultOf(record, settings, deadLetter);
    if (fault !== null) throw fault;
    return memory.append(record, deadLetter ? byKey : choose, clock.wallTime());
  }
}
