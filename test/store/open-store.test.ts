// A store is opened by its url; what is wrong with it is said without the password.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../runtime/store/index.ts';
import { describePostgres, fresh } from './support/stores.ts';

const folder = mkdtempSync(join(tmpdir(), 'runtime-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const failure = (url: string): Promise<Error & { code: string }> =>
  openStore(url).then(
    () => {
      throw new Error('it was opened');
    },
    (error) => error,
  );

test.each(['mysql://u:hunter2@host/db', 'hunter2', 'postgres://u:hunter2@[/db', 'pglite:', ''])(
  '%j is no store, and is not repeated',
  async (url) => {
    const error = await failure(url);
    expect(error).toMatchObject({ name: 'StoreError', code: 'RT_STORE_URL' });
    expect(error.message).toContain('want postgres://user@host:5432/database, pglite:<folder> or pglite:memory');
    expect(error.message).not.toContain('hunter2');
  },
);

test('a server that is not there is named without the password', async () => {
  const error = await failure('postgres://user:hunter2@127.0.0.1:1/db?password=hunter2');
  expect(error).toMatchObject({ code: 'RT_STORE_CONNECTION', retryable: true });
  expect(error.message).toContain('postgres://user@127.0.0.1:1/db cannot be reached: connect ECONNREFUSED');
  expect(`${error.message} ${error.stack}`).not.toContain('hunter2');
});

test('an embedded store keeps its events, makes its folder, and has one owner at a time', async () => {
  const url = `pglite:${join(folder, 'deep', 'store')}`;
  const aggregate = fresh();
  const first = await openStore(url);
  await first.events.append(aggregate, [{ type: 'Kept', data: {} }], { expectedVersion: 0 });
  const busy = await failure(url);
  expect(busy).toMatchObject({ code: 'RT_STORE_BUSY', retryable: true });
  expect(busy.message).toContain('one owner at a time');
  await first.close();
  const second = await openStore(url);
  expect(await second.events.load(aggregate)).toHaveLength(1);
  await second.close();
});

test('a folder where nothing can be made says so', async () => {
  expect(await failure('pglite:/proc/nope/store')).toMatchObject({ name: 'StoreError' });
});

describePostgres('opening', (under) => {
  test('a wrong password and a missing database are told, without the password', async () => {
    const wrong = new URL(under.url);
    wrong.password = 'hunter2';
    const refused = await failure(wrong.href);
    expect(refused).toMatchObject({ code: 'RT_STORE_REFUSED', sqlState: '28P01', retryable: false });
    expect(refused.message).not.toContain('hunter2');
    const missing = new URL(under.url);
    missing.pathname = '/nowhere';
    expect(await failure(missing.href)).toMatchObject({ sqlState: '3D000' });
  });

  test('a connection that breaks costs what was under way, and the next one works', async () => {
    const store = await openStore(under.url);
    const broken = store.sql.query('select pg_terminate_backend(pg_backend_pid())');
    await expect(broken).rejects.toMatchObject({ code: 'RT_STORE_CONNECTION', retryable: true });
    expect(await store.events.load(fresh())).toEqual([]);
    const lost = store.sql.transaction((tx) => tx.query('select pg_terminate_backend(pg_backend_pid())'));
    await expect(lost).rejects.toMatchObject({ code: 'RT_STORE_CONNECTION' });
    expect(await store.events.load(fresh())).toEqual([]);
    await store.close();
  });
});
