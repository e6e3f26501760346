/** What the processes of the campaign run. */
import { sessionMs } from './deck.ts';
import { attemptsMax } from './record-faults.ts';

/** @param name of the group and of its topic */
export function campaignManifest(name: string, client: string): object {
  return {
    kafka: { client },
    groups: {
      [name]: {
        topics: [name],
        handlers: './handlers.ts',
        retry: { maxRetries: attemptsMax - 1, baseDelay: '20ms' },
        concurrency: { workers: 2, maxHeap: '64MiB' },
        timeouts: { session: `${sessionMs}ms`, heartbeat: '500ms', handler: '3s' },
      },
    },
    observability: { http: { port: 0 } },
  };
}
