/**
 * One campaign: writers book through a repository, relays publish the outbox, projectors keep a table, and one process
 * after the other is killed. It ends when all is projected, or when nothing moves any more.
 *
 *   writers ─▶ events + outbox (PostgreSQL) ─▶ relays ─▶ topic (Kafka) ─▶ projectors ─▶ table (PostgreSQL)
 *
 * Responsible for what happens and for reading what is left; whether it is right is for `verdict.ts`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../runtime/core/random.ts';
import { openStore, type Store, type StoredEvent } from '../../runtime/store/index.ts';
import type { StoredRecord } from '../../runtime/testing/read-topic.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { createProject, handlersOf } from '../../test/support/project.ts';
import type { Booked } from './bookings.ts';
import { Fleet, type Role } from './fleet.ts';
import type { StoreChaosOptions } from './options.ts';
import { createProjection, type ProjectedAccount, projectedCount } from './projection.ts';

const partitions = 6;
/** The shortest that brokers allow: so long the partitions of a killed projector wait. */
const session = '6s';
const lookEveryMs = 100;
/** A session, two starts and a rebalance, on a machine that does much else. */
const stalledAfterMs = 90_000;

export interface Ground {
  /** Comma-separated `host:port`. */
  readonly brokers: string;
  /** Of an empty database. */
  readonly storeUrl: string;
}

export interface CampaignResult {
  readonly options: Pick<StoreChaosOptions, 'events' | 'seed' | 'kills'>;
  readonly kills: Readonly<Record<Role, number>>;
  readonly stored: readonly StoredEvent<Booked>[];
  readonly published: readonly StoredRecord[];
  readonly deadLetters: number;
  readonly projected: readonly ProjectedAccount[];
  /** Events that the projection applied too early, or twice. */
  readonly misplaced: number;
  /** Left in the outbox. */
  readonly waiting: number;
  /** What went wrong beside that. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** Where the logs of the processes lie. */
  readonly folder: string;
  /** Removes that folder. */
  forget(): void;
}

export interface Watcher {
  says(what: string): void;
  /** @param saved and @param projected events so far */
  moved(saved: number, projected: number, kills: number): void;
}

export async function runStoreCampaign(
  options: StoreChaosOptions,
  { brokers, storeUrl }: Ground,
  watcher: Watcher,
): Promise<CampaignResult> {
  const startedAt = performance.now();
  const topic = `store-chaos-${randomUUID()}`;
  const store = await openStore(storeUrl, { migrate: true });
  const kafka = new TestKafka(addresses(brokers));
  const handlers = handlersOf(new URL('handlers.ts', import.meta.url).pathname);
  const project = createProject(manifest(topic), handlers);
  const environment = { STORE_URL: storeUrl, KAFKA_BROKERS: brokers };
  const fleet = new Fleet({ project, environment, topic, events: options.events, seed: options.seed });
  try {
    await createProjection(store.sql);
    await kafka.createTopics({ [topic]: { partitions }, [`${topic}.dlq`]: { partitions: 1 } });
    watcher.says('starting the processes');
    await fleet.start();
    const { kills, problems } = await run(options, store, fleet, watcher);
    watcher.says('stopping the processes');
    problems.push(...(await fleet.stop()));
    watcher.says('reading what is left');
    return {
      options,
      kills,
      problems,
      stored: await allEvents(store),
      published: await kafka.read(topic),
      deadLetters: (await kafka.read(`${topic}.dlq`)).length,
      projected: await store.sql.query('select id, version, balance, checksum from projected_accounts'),
      misplaced: (await store.sql.query('select id from misplaced_events')).length,
      waiting: await store.outbox.count(),
      seconds: (performance.now() - startedAt) / 1000,
      folder: project.folder,
      forget: () => project.close(),
    };
  } finally {
    await fleet.close();
    fleet.writeLogs(project.folder);
    await kafka.close();
    await store.close();
  }
}

/** They take turns in being killed. */
const roles: readonly Role[] = ['relay', 'projector', 'writer'];

/** Until all is projected, or nothing moves. Kills when as much is done as the seed says. */
async function run({ events, kills, seed }: StoreChaosOptions, store: Store, fleet: Fleet, watcher: Watcher) {
  const random = seededRandom(seed + 1);
  const killAt = Array.from({ length: kills }, () => (0.02 + 0.95 * random()) * 2 * events).toSorted((a, b) => a - b);
  const killed: Record<Role, number> = { writer: 0, relay: 0, projector: 0 };
  const problems: string[] = [];
  let last = { done: 0, at: performance.now() };
  for (let made = 0; ; ) {
    problems.push(...(await fleet.ended()));
    const [saved, projected] = [fleet.saved(), await projectedCount(store.sql)];
    watcher.moved(saved, projected, made);
    const done = saved + projected;
    if (done > last.done) last = { done, at: performance.now() };
    if (projected >= events && !fleet.writing && (await store.outbox.count()) === 0) break;
    if (performance.now() - last.at > stalledAfterMs) {
      problems.push(
        `nothing moved for ${stalledAfterMs / 1000} s: ${saved} saved, ${projected} projected of ${events}`,
      );
      break;
    }
    if (made < kills && done >= killAt[made]!) {
      const slot = fleet.oneOf(roles[made % roles.length]!, random) ?? fleet.oneOf('relay', random)!;
      await fleet.kill(slot);
      killed[slot.role]++;
      made++;
    } else {
      await sleep(lookEveryMs);
    }
  }
  return { kills: killed, problems };
}

async function allEvents(store: Store): Promise<readonly StoredEvent<Booked>[]> {
  const all: StoredEvent<Booked>[] = [];
  for (let after = 0n; ; after = all.at(-1)!.position) {
    const page = await store.events.readAll(after, { limit: 5_000 });
    if (page.length === 0) return all;
    all.push(...(page as readonly StoredEvent<Booked>[]));
  }
}

function manifest(topic: string): object {
  return {
    groups: {
      [topic]: {
        topics: [topic],
        handlers: './handlers.ts',
        protocol: 'classic',
        timeouts: { session, heartbeat: '1s' },
        retry: { maxRetries: 2, baseDelay: '100ms' },
        dedupe: { by: 'header:event_id', store: 'sql' },
        concurrency: { workers: 2 },
      },
    },
    store: { url: '${STORE_URL}' },
    observability: { http: { port: 0 } },
  };
}

function addresses(brokers: string) {
  return brokers.split(',').map((address) => {
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
  });
}
