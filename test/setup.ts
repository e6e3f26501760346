/** Fails a test file that leaves a socket, a server or a process behind: what a test opens it closes. */
import { afterAll, beforeAll } from 'vitest';
import '../runtime/core/wasm-wrappers.ts'; // for threads that a test starts itself

/** Timers may belong to the test runner, and the rest to Node itself. */
const watched = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'ProcessWrap']);
const patienceMs = 2_000;

let before: ReadonlyMap<string, number> = new Map();

beforeAll(() => {
  before = openResources();
});

afterAll(async () => {
  // Closing a socket takes a few turns of the event loop, also of the other side.
  const deadline = performance.now() + patienceMs;
  while (leaks().length > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  if (leaks().length > 0) throw new Error(`left open by this file: ${leaks().join(', ')}`);
});

function leaks(): readonly string[] {
  return [...openResources()]
    .filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind, count]) => `${count - (before.get(kind) ?? 0)} ${kind}`);
}

function openResources(): ReadonlyMap<string, number> {
  const kinds = process.getActiveResourcesInfo().filter((kind) => watched.has(kind));
  return new Map([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]));
}
