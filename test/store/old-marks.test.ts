// Marks of handled records are removed after their ttl, by one thread of their group, in steps.
import { expect, onTestFinished, test } from 'vitest';
import { forgetHandled, markHandled } from '../../runtime/store/handled.ts';
import { ManualClock } from '../../runtime/testing/manual-clock.ts';
import { SqlDedupe } from '../../runtime/worker/sql-dedupe.ts';
import { type DatabaseUnderTest, describeDatabases } from './support/databases.ts';

const ttlMs = 3_600_000;

/** Marks `old-0`, `old-1`, … that are past the ttl, and `new`. */
async function fill({ sql }: DatabaseUnderTest, group: string, old: number): Promise<void> {
  await sql.query(
    `insert into store_handled (group_name, handler, record_id, handled_at)
     select $1, 'handler', 'old-' || number, now() - interval '2 hours' from generate_series(1, $2::int) as number`,
    [group, old],
  );
  await markHandled(sql, { group, handler: 'handler', id: 'new' });
}

async function marks({ sql }: DatabaseUnderTest, group: string): Promise<number> {
  const rows = await sql.query('select 1 from store_handled where group_name = $1', [group]);
  return rows.length;
}

describeDatabases('old marks', (under) => {
  test('only those of the group that are past their ttl, and so many at once', async () => {
    await fill(under, 'mine', 5);
    await fill(under, 'other', 1);
    expect(await forgetHandled(under.sql, 'mine', ttlMs, 3)).toBe(3);
    expect(await forgetHandled(under.sql, 'mine', ttlMs, 3)).toBe(2);
    expect(await forgetHandled(under.sql, 'mine', ttlMs, 3)).toBe(0);
    expect([await marks(under, 'mine'), await marks(under, 'other')]).toEqual([1, 2]);
  });

  test('every minute, by the first thread of the group', async () => {
    const clock = new ManualClock();
    for (const [group, thread] of [
      ['first', 0],
      ['second', 1],
    ] as const) {
      await fill(under, group, 7_000); // more than one step
      const store = { kind: 'sql', url: under.url, ttlMs } as const;
      const dedupe = new SqlDedupe({ group, by: { kind: 'key' }, store, thread, maxRunning: 4, clock });
      onTestFinished(() => dedupe.close());
    }
    await clock.advance(60_000);
    await expect.poll(() => marks(under, 'first'), { timeout: 30_000 }).toBe(1);
    expect(await marks(under, 'second')).toBe(7_001);
  });
});
