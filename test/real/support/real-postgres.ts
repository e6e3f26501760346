/**
 * Gives a test file the PostgreSQL of this run. It is shared by all test files and may be anybody's (POSTGRES_URL): a test
 * takes a database of its own.
 */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { inject } from 'vitest';
import { openDatabase } from '../../../runtime/store/open-store.ts';
import type { PostgresAnswer } from './postgres-setup.ts';

export type RealPostgres = {
  /** True when there is no PostgreSQL here; the reason was printed once for the whole run. */
  readonly missing: boolean;
  /** A new, empty database; `drop` when nobody is connected to it any more. Throws when `missing`. */
  createDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }>;
};

/** @throws with REQUIRE_POSTGRES=1, when there is no PostgreSQL: the test file fails then instead of being skipped */
export async function realPostgres(): Promise<RealPostgres> {
  const answer = await ask(inject('realPostgresPort'));
  if (answer.kind === 'missing' && process.env.REQUIRE_POSTGRES === '1') {
    throw new Error(`REQUIRE_POSTGRES=1 asks for tests on PostgreSQL, but: ${answer.reason}`);
  }
  return {
    missing: answer.kind === 'missing',
    async createDatabase() {
      if (answer.kind === 'missing') throw new Error(`no PostgreSQL: ${answer.reason}`);
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      const url = new URL(answer.url);
      await execute(answer.url, `create database ${name}`);
      url.pathname = `/${name}`;
      return { url: url.href, drop: () => execute(answer.url, `drop database ${name} with (force)`) };
    },
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    await database.query(statement);
  } finally {
    await database.close();
  }
}

/** Not `fetch`: its connection pool would look like a socket that a test has left open. */
function ask(port: number): Promise<PostgresAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent: false };
    request(options, (response) => json(response).then((body) => resolve(body as PostgresAnswer), reject))
      .on('error', reject)
      .end();
  });
}
