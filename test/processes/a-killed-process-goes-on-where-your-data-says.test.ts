// kill -9 with positions that the handlers keep beside their data, in one transaction with it (`offsets`): whatever Kafka has
// as committed, the next process goes on there, and no effect is missing or there twice.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { startBrokerThread } from '../../runtime/broker/start-broker.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { makeProject } from './support/project.ts';
import { startRuntime } from './support/runtime-process.ts';

const partitions = 3;
const perRun = 700;
const kills = 3;
const total = perRun * (kills + 1);

const tables = `
  pragma journal_mode = wal;
  create table positions (topic text, partition integer, next integer, primary key (topic, partition));
  create table effects (partition integer, offset integer);
  create table calls (number integer primary key);
`;

/** As docs/dedupe.md has it, on SQLite. */
const handlers = `
import { DatabaseSync } from 'node:sqlite';
const db = new DatabaseSync(process.env.EFFECTS_DB);
db.exec('pragma busy_timeout = 30000');
const saved = db.prepare('select next from positions where topic = ? and partition = ?');
const advance = db.prepare(\`insert into positions values (?, ?, ? + 1)
  on conflict (topic, partition) do update set next = excluded.next where positions.next <= excluded.next - 1\`);
const effect = db.prepare('insert into effects values (?, ?)');
const call = db.prepare('insert into calls values (null)');

export const load = ({ topic, partition }) => {
  const row = saved.get(topic, partition);
  return row === undefined ? null : BigInt(row.next);
};
export default {
  '*'({ topic, partition, offset }) {
    db.exec('begin immediate');
    call.run();
    if (advance.run(topic, partition, Number(offset)).changes === 1) effect.run(partition, Number(offset));
    db.exec('commit');
  },
};
`;

test('P-27: kill -9 between the effects and their commit repeats none of them', {
  timeout: 180_000,
}, async () => {
  const broker = await startBrokerThread();
  onTestFinished(() => broker.close());
  const kafka = new TestKafka([broker.address]);
  onTestFinished(() => kafka.close());
  await kafka.createTopics({ payments: { partitions } });
  const project = makeProject(
    {
      kafka: { brokers: `${broker.address.host}:${broker.address.port}` },
      groups: {
        balances: {
          topics: ['payments'],
          handlers: './handlers.ts',
          offsets: './handlers.ts',
          concurrency: { order: 'partition', workers: 2 },
          // Nothing is committed by itself: Kafka knows of no position that a killed process had reached.
          commit: { interval: '60s', everyRecords: 1_000_000 },
          timeouts: { session: '6s', heartbeat: '500ms' },
          retry: { maxRetries: 0 },
          protocol: 'classic',
        },
      },
      observability: { http: { port: 0 } },
    },
    handlers,
  );
  const file = join(project.folder, 'effects.sqlite');
  const database = new DatabaseSync(file);
  onTestFinished(() => database.close());
  database.exec(tables);
  const environment = { ...project.environment, EFFECTS_DB: file };
  const start = () => startRuntime({ ...project, environment });
  const read = (query: string): readonly string[] =>
    database
      .prepare(query)
      .all()
      .map((row) => Object.values(row).join('@'));
  const effects = () => read('select partition, offset from effects order by rowid');
  const startAndPublish = async () => {
    const runtime = start();
    await runtime.joined(partitions);
    const values = Array.from({ length: perRun }, (_, i) => [`account-${i % 40}`, i] as const);
    await kafka.publish('payments', values);
    return runtime;
  };

  for (let kill = 1; kill <= kills; kill++) {
    const doomed = await startAndPublish();
    await doomed.until(() => effects().length > (kill - 1) * perRun + 100);
    doomed.signal('SIGKILL');
    await doomed.exit();
  }
  expect(await kafka.committed('balances', 'payments', 0)).toBeNull();
  const last = await startAndPublish();
  await last.until(() => effects().length >= total);
  last.signal('SIGTERM');
  expect((await last.exit()).code).toBe(0);

  const found = effects();
  expect(new Set(found).size).toBe(found.length);
  expect(found).toHaveLength(total);
  // A call and its position are one transaction too: had anybody begun anywhere else, there would be more.
  expect(read('select count(*) from calls')).toEqual([String(total)]);
  for (let partition = 0; partition < partitions; partition++) {
    const offsets = found.filter((one) => one.startsWith(`${partition}@`)).map((one) => Number(one.split('@')[1]));
    expect(offsets).toEqual(Array.from(offsets, (_, offset) => offset));
    expect(await kafka.committed('balances', 'payments', partition)).toBe(BigInt(offsets.length));
  }
});
