// Tables are made once, whoever asks and how often, and a program never works on tables of another version.
import { expect, test } from 'vitest';
import { openStore } from '../../runtime/store/index.ts';
import { checkSchema, migrate, planMigration } from '../../runtime/store/migrate.ts';
import { migrations } from '../../runtime/store/migrations.ts';
import { openDatabase } from '../../runtime/store/open-store.ts';
import { describePostgres, describeStores, type StoreUnderTest } from './support/stores.ts';

const latest = migrations.length;

/** Runs on a database as the step before has left it; then there are no tables at all. */
async function onEmpty({ store }: StoreUnderTest, work: () => Promise<void>): Promise<void> {
  const drop = async (): Promise<void> => {
    const tables = ['store_events', 'store_snapshots', 'store_outbox', 'store_handled', 'store_migrations', 'more'];
    for (const table of tables) await store.sql.query(`drop table if exists ${table}`);
  };
  await drop();
  try {
    await work();
  } finally {
    await drop();
  }
}

describeStores('migrations', (under) => {
  test('versions are 1, 2, 3, …', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });

  test('the first run makes the tables, the second has nothing to do', () =>
    onEmpty(under, async () => {
      const { sql } = under.store;
      expect(await planMigration(sql)).toMatchObject({ from: 0, to: latest, applied: migrations });
      await expect(checkSchema(sql)).rejects.toMatchObject({
        code: 'RT_STORE_SCHEMA',
        message: expect.stringMatching(/has no tables yet: run `runtime store migrate <manifest>`/),
      });
      expect(await migrate(sql)).toEqual({ from: 0, to: latest, applied: migrations });
      expect(await migrate(sql)).toEqual({ from: latest, to: latest, applied: [] });
      await checkSchema(sql);
    }));

  test('only what is missing is applied; a program that is older than the tables says so', () =>
    onEmpty(under, async () => {
      const { sql } = under.store;
      await migrate(sql);
      const next = { version: latest + 1, name: 'more', statements: ['create table more (n integer)'] };
      const plan = await migrate(sql, [...migrations, next]);
      expect(plan).toMatchObject({ from: latest, to: latest + 1, applied: [{ name: 'more' }] });
      const newer = { code: 'RT_STORE_SCHEMA', message: expect.stringContaining(`knows up to version ${latest}`) };
      await expect(checkSchema(sql)).rejects.toMatchObject(newer);
      await expect(migrate(sql)).rejects.toMatchObject(newer);
    }));

  test('a step that fails leaves nothing of it behind', () =>
    onEmpty(under, async () => {
      const { sql } = under.store;
      await migrate(sql);
      const broken = { version: latest + 1, name: 'broken', statements: ['create table more (n integer)', 'no sql'] };
      await expect(migrate(sql, [...migrations, broken])).rejects.toMatchObject({ sqlState: '42601' });
      expect(await planMigration(sql)).toMatchObject({ from: latest });
      expect(await sql.query(`select to_regclass('more') as more`)).toEqual([{ more: null }]);
    }));
});

describePostgres('migrations', (under) => {
  test('two processes at once: one makes the tables, the other finds them', () =>
    onEmpty(under, async () => {
      const others = await Promise.all(Array.from({ length: 4 }, () => openDatabase(under.url, 1)));
      try {
        const runs = await Promise.all(others.map((database) => migrate(database)));
        expect(runs.map(({ applied }) => applied.length).toSorted()).toEqual([0, 0, 0, latest]);
      } finally {
        await Promise.all(others.map((database) => database.close()));
      }
    }));

  test('a store without tables, or of an older version, is not opened', () =>
    onEmpty(under, async () => {
      await expect(openStore(under.url)).rejects.toMatchObject({ code: 'RT_STORE_SCHEMA' });
      const store = await openStore(under.url, { migrate: true });
      await store.sql.query('delete from store_migrations');
      await expect(openStore(under.url)).rejects.toThrow('run `runtime store migrate <manifest>`');
      await store.close();
    }));
});
