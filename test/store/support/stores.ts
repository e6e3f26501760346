/** The same tests on PGlite, always, and on PostgreSQL, where there is one. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { openStore, type Store } from '../../../runtime/store/index.ts';
import { realPostgres } from '../../real/support/real-postgres.ts';

const postgres = await realPostgres();

export interface StoreUnderTest {
  /** Open while the tests run; its tables are there. */
  readonly store: Store;
  /** Another process would open the store with it; `pglite:memory` is a new one every time. */
  readonly url: string;
}

/** One store per block; tests share it and use names of their own (`fresh`). */
export function describeStores(name: string, tests: (under: StoreUnderTest) => void): void {
  describe(`${name}, on PGlite`, () => onStore(async () => ({ url: 'pglite:memory', drop: async () => {} }), tests));
  describe.skipIf(postgres.missing)(`${name}, on PostgreSQL`, () => onStore(postgres.createDatabase, tests));
}

/** For what needs several connections or processes. */
export function describePostgres(name: string, tests: (under: StoreUnderTest) => void): void {
  describe.skipIf(postgres.missing)(`${name}, on PostgreSQL`, () => onStore(postgres.createDatabase, tests));
}

/** An aggregate that no other test has. */
export function fresh(type = 'Order'): { readonly type: string; readonly id: string } {
  return { type, id: randomUUID() };
}

function onStore(
  create: () => Promise<{ url: string; drop(): Promise<void> }>,
  tests: (under: StoreUnderTest) => void,
) {
  let open: { readonly store: Store; readonly url: string; close(): Promise<void> } | undefined;
  beforeAll(async () => {
    const { url, drop } = await create();
    const store = await openStore(url, { migrate: true });
    const close = async (): Promise<void> => {
      await store.close();
      await drop();
    };
    open = { store, url, close };
  });
  afterAll(() => open?.close());
  tests({
    get store() {
      return open!.store;
    },
    get url() {
      return open!.url;
    },
  });
}
