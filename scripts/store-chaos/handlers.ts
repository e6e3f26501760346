/** The handlers of the projectors: one statement per event, and an error for what comes too early. */
import { defineHandlers } from 'kafka-worker-runtime';
import { openStore, type Store } from '../../runtime/store/index.ts';
import type { Booked } from './bookings.ts';
import { project } from './projection.ts';

let store: Store;

export default defineHandlers<{ Booked: Booked }>(
  {
    async Booked({ aggregateId, aggregateVersion, data }) {
      const what = await project(store.sql, aggregateId!, aggregateVersion!, data);
      if (what === 'early')
        throw new Error(`${aggregateId}: version ${aggregateVersion} before the one that precedes it`);
    },
  },
  {
    async setup({ signal }) {
      store = await openStore(process.env.STORE_URL!, { connectionsMax: 8 });
      signal.addEventListener('abort', () => void store.close());
    },
  },
);
