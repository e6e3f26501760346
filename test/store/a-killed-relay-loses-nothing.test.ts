// A relay that is killed between publishing and removing leaves the rows: they are published again, in order per aggregate.
// Row P-52.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../runtime/store/index.ts';
import { until } from '../../runtime/testing/until.ts';
import { spawnBound } from '../../scripts/real/bound-process.ts';
import { realPostgres } from '../real/support/real-postgres.ts';
import { RunningProcess } from '../support/running-process.ts';

const program = join(import.meta.dirname, 'support', 'relay-process.ts');
const postgres = await realPostgres();
const aggregates = ['a', 'b', 'c', 'd', 'e'];
const eventsOfEach = 12;

interface Ground {
  readonly url: string;
  start(hangAt: number): RunningProcess;
  /** `aggregate version` of every record, as published. */
  published(): readonly string[];
}

async function ground(url: string): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-relay-'));
  const file = join(folder, 'published');
  writeFileSync(file, '');
  const processes: RunningProcess[] = [];
  onTestFinished(async () => {
    await Promise.all(processes.map((one) => one.close()));
    rmSync(folder, { recursive: true, force: true });
  });
  const store = await openStore(url === '' ? `pglite:${folder}/store` : url, { migrate: true });
  for (let version = 0; version < eventsOfEach; version++) {
    for (const id of aggregates) {
      const events = [{ type: 'Happened', data: {} }];
      await store.events.append({ type: 'Order', id }, events, { expectedVersion: version, topic: 'orders.stream' });
    }
  }
  await store.close();
  const used = url === '' ? `pglite:${folder}/store` : url;
  return {
    url: used,
    start(hangAt) {
      const args = [program, used, file, String(hangAt)];
      const child = new RunningProcess(spawnBound(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
      processes.push(child);
      return child;
    },
    published: () => readFileSync(file, 'utf8').split('\n').slice(0, -1),
  };
}

async function says(child: RunningProcess, word: string): Promise<void> {
  const output = () => [...child.stdout, ...child.stderr];
  await until(() => child.stdout.includes(word) || !child.running, { withinMs: 60_000, state: output });
  if (!child.stdout.includes(word)) throw new Error(`it ended without ${word}:\n${output().join('\n')}`);
}

/** Nothing is missing, nothing is skipped or swapped: a version comes again, or is the next one. */
function judge(lines: readonly string[]): void {
  for (const id of aggregates) {
    const versions = lines.filter((line) => line.startsWith(`${id} `)).map((line) => Number(line.split(' ')[1]));
    let last = 0;
    for (const version of versions) {
      expect(version, `${id}: ${versions}`).toBeLessThanOrEqual(last + 1);
      last = Math.max(last, version);
    }
    expect(last, `${id}: ${versions}`).toBe(eventsOfEach);
  }
}

async function killAgainAndAgain({ start, published }: Ground): Promise<void> {
  // Each process gets a little further, and dies with some lanes acknowledged and one not.
  for (const hangAt of [1, 6, 13]) {
    const relay = start(hangAt);
    await says(relay, 'hangs');
    relay.child.kill('SIGKILL');
    await relay.ended();
  }
  const last = start(0);
  expect(await last.ended()).toMatchObject({ code: 0, stderr: '' });
  judge(published());
  expect(published().length).toBeGreaterThan(aggregates.length * eventsOfEach);
}

test('on PGlite', { timeout: 120_000 }, async () => {
  await killAgainAndAgain(await ground(''));
});

test.skipIf(postgres.missing)('on PostgreSQL', { timeout: 120_000 }, async () => {
  const { url, drop } = await postgres.createDatabase();
  onTestFinished(drop);
  await killAgainAndAgain(await ground(url));
});

test.skipIf(postgres.missing)(
  'on PostgreSQL another process that waits goes on at once',
  { timeout: 120_000 },
  async () => {
    const { url, drop } = await postgres.createDatabase();
    onTestFinished(drop);
    const { start, published } = await ground(url);
    const leader = start(3);
    await says(leader, 'hangs');
    const follower = start(0);
    await says(follower, 'runs');
    leader.child.kill('SIGKILL');
    expect(await follower.ended()).toMatchObject({ code: 0, stderr: '' });
    judge(published());
  },
);
