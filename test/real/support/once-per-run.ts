/**
 * One answer for all test files of a vitest run, over a loopback port: found at the first question, taken back at the end
 * of the run. Test files run in processes of their own, so this is how they share a server.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Shared {
  /** On 127.0.0.1; answers any GET with the answer as JSON. */
  readonly port: number;
  /** Resolves when an answer that is being found has been found, too. */
  close(): Promise<void>;
}

export async function oncePerRun(find: () => Promise<unknown>): Promise<Shared> {
  let answer: Promise<unknown> | undefined;
  const server = createServer((_request, response) => {
    answer ??= find();
    void answer.then((found) => response.end(JSON.stringify(found)));
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await answer;
    },
  };
}
