/** The handlers of the projectors: what they write is in the transaction that keeps that the event was handled. */
import { defineHandlers } from 'kafka-worker-runtime';
import type { Booked } from './bookings.ts';
import { project } from './projection.ts';

export default defineHandlers<{ Booked: Booked }>({
  async Booked({ aggregateId, aggregateVersion, data }, { tx }) {
    await project(tx!, aggregateId!, aggregateVersion!, data);
  },
});
