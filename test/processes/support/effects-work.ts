/** One group whose handlers write into PostgreSQL through `ctx.tx`: its topic, its database, its processes. */
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { startBrokerThread } from '../../../runtime/broker/start-broker.ts';
import { migrate } from '../../../runtime/store/migrate.ts';
import { openDatabase } from '../../../runtime/store/open-store.ts';
import type { Database } from '../../../runtime/store/sql.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import { realPostgres } from '../../real/support/real-postgres.ts';
import { makeProject, type Project } from './project.ts';

export const postgres = await realPostgres();
export const partitions = 4;
const keys = 20;

const handlers = `export default {
  async '*'(event, ctx) {
    await ctx.tx.query('insert into effects (key, sequence) values ($1, $2)', [event.key, event.data.sequence]);
  },
};
`;

export interface EffectsWork {
  readonly project: Project;
  readonly sql: Database;
  readonly kafka: TestKafka;
  /** The password of the database, where it has one. */
  readonly secret: string | null;
  /** Records by number, keys in turn, each with an id. */
  publish(from: number, to: number): Promise<void>;
  /** Rows of `effects`, in the order of their transactions' statements. */
  effects(): Promise<readonly { readonly key: string; readonly sequence: number }[]>;
  count(): Promise<number>;
}

/** @param through where processes find the database, instead of where it is @param tables false: no tables of the store */
export async function effectsWork(
  through: (url: URL) => Promise<void> = async () => {},
  { tables = true }: { readonly tables?: boolean } = {},
): Promise<EffectsWork> {
  const { url, drop } = await postgres.createDatabase();
  onTestFinished(drop);
  const sql = await openDatabase(url);
  onTestFinished(() => sql.close());
  if (tables) await migrate(sql);
  await sql.query('create table effects (number serial, key text not null, sequence integer not null)');
  const seen = new URL(url);
  await through(seen);
  const broker = await startBrokerThread();
  onTestFinished(() => broker.close());
  const kafka = new TestKafka([broker.address]);
  onTestFinished(() => kafka.close());
  await kafka.createTopics({ orders: { partitions } });
  const project = makeProject(
    {
      kafka: { brokers: `${broker.address.host}:${broker.address.port}` },
      store: { url: seen.href },
      groups: {
        billing: {
          topics: ['orders'],
          handlers: './handlers.ts',
          dedupe: { by: 'header:event_id', store: 'sql' },
          concurrency: { workers: 2 },
          // Nothing is committed by itself: a process that is killed leaves everything to be read again.
          commit: { interval: '60s', everyRecords: 1_000_000 },
          timeouts: { session: '6s', heartbeat: '500ms' },
          retry: { maxRetries: 0, baseDelay: '50ms', maxDelay: '200ms' },
          protocol: 'classic',
        },
      },
      observability: { http: { port: 0 } },
    },
    handlers,
  );
  const ids = Array.from({ length: 10_000 }, () => randomUUID());
  return {
    project,
    sql,
    kafka,
    secret: seen.password === '' ? null : decodeURIComponent(seen.password),
    publish: (from, to) =>
      kafka.publish(
        'orders',
        Array.from({ length: to - from }, (_, i) => {
          const number = from + i;
          const value = { sequence: Math.floor(number / keys) };
          return [`key-${number % keys}`, value, { event_id: ids[number]! }] as const;
        }),
      ),
    effects: () => sql.query('select key, sequence from effects order by number'),
    async count() {
      const [row] = await sql.query<{ count: bigint }>('select count(*) from effects');
      return Number(row!.count);
    },
  };
}
