/**
 * Keeps the one PostgreSQL of a vitest run, as `global-setup.ts` keeps Kafka: asked for over a loopback port, started by
 * the first question, stopped at the end of the run. POSTGRES_URL names one that runs already.
 */
import type { TestProject } from 'vitest/node';
import { postgresSupport, type RunningPostgres, startPostgres } from '../../../scripts/real/postgres.ts';
import { oncePerRun } from './once-per-run.ts';

/** What a test file is told. */
export type PostgresAnswer =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'missing'; readonly reason: string };

declare module 'vitest' {
  export interface ProvidedContext {
    /** Port on 127.0.0.1 that answers any GET with a PostgresAnswer. */
    realPostgresPort: number;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let running: RunningPostgres | undefined;

  const find = async (): Promise<PostgresAnswer> => {
    const given = process.env.POSTGRES_URL;
    if (given) return { kind: 'ready', url: given };
    const support = await postgresSupport();
    if (support.kind === 'missing') {
      console.warn(`Tests on PostgreSQL are skipped: ${support.reason}, or set POSTGRES_URL`);
      return support;
    }
    try {
      running = await startPostgres();
      return { kind: 'ready', url: running.url };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.warn(`Tests on PostgreSQL are skipped, it did not start: ${reason.split('\n')[0]}`);
      return { kind: 'missing', reason };
    }
  };

  const shared = await oncePerRun(find);
  project.provide('realPostgresPort', shared.port);

  return async () => {
    await shared.close();
    await running?.stop();
  };
}
