/** A record whose retries are used up, as a handler thread reports it. */
import type { ExhaustedReport } from '../../../runtime/core/thread-messages.ts';

export function exhaustedReport(part: Partial<ExhaustedReport> = {}): ExhaustedReport {
  return {
    kind: 'exhausted',
    set: 7,
    epoch: 1,
    place: { topic: 'orders', partition: 2, offset: 41, key: 'order-1', type: 'OrderPlaced' },
    attempts: 4,
    reason: 'max_retries_exceeded',
    hold: false,
    error: { name: 'ValueError', message: 'no such customer', code: null, stack: null, classes: [], delayMs: null },
    record: {
      key: Buffer.from('order-1'),
      value: Buffer.from('{}'),
      headers: [['event_type', Buffer.from('OrderPlaced')]],
    },
    ...part,
  };
}
