// A short load on the gateway in a process of its own, on Apache Kafka, which is restarted in the middle: every 202 is in
// the topic at the place that was told, nothing is there twice, and SIGTERM ends the process cleanly. `npm run
// bench:gateway` is the long one.
import { describe, expect, test } from 'vitest';
import { loadOptions } from '../../scripts/gateway/options.ts';
import { runLoad } from '../../scripts/gateway/run.ts';
import { judge } from '../../scripts/gateway/verdict.ts';
import { kafkaSupport } from '../../scripts/real/kafka-install.ts';

const support = await kafkaSupport();
const missing = support.kind === 'missing';
if (missing && process.env.REQUIRE_KAFKA === '1') throw new Error(`REQUIRE_KAFKA=1, but: ${support.reason}`);

const load = { seconds: 4, rate: 100, connections: 32, json: false } as const;

describe.skipIf(missing).each(['SIGTERM', 'SIGKILL'] as const)('Apache Kafka, ended by %s', (signal) => {
  test('S-37: every 202 is in the topic, and nothing is there twice', { timeout: 600_000 }, async ({ annotate }) => {
    const { verdict, statuses, exitCode } = await runLoad({ ...load, broker: 'kafka', signal });
    expect(verdict).toMatchObject({ requests: 400, accepted: 400, inTopic: 400, missing: [], twice: [], holds: true });
    expect(exitCode).toBe(0);
    await annotate([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '));
  });
});

const record = (offset: number, request: number) => ({
  partition: 0,
  offset,
  value: Buffer.from(JSON.stringify({ request })),
});

test.each([
  ['lost', [record(0, 0)], { missing: [1], twice: [], holds: false }],
  ['elsewhere', [record(0, 0), record(7, 1)], { missing: [1], twice: [], holds: false }],
  ['twice', [record(0, 0), record(1, 1), record(2, 1)], { missing: [], twice: [1], holds: false }],
  ['fine', [record(0, 0), record(1, 1)], { missing: [], twice: [], holds: true }],
])('the verdict sees an event that is %s', (_what, records, verdict) => {
  const accepted = [0, 1].map((offset) => ({ partition: 0, offset }));
  expect(judge(accepted, records)).toMatchObject(verdict);
});

test.each([
  [['--broker', 'x'], /--broker: want kafka or embedded, got "x"/],
  [['--rate', '0'], /--rate: want a whole number from 1 to 100000, got "0"/],
  [['--signal', 'SIGSTOP'], /--signal: want SIGTERM or SIGKILL/],
  [['--second', '1'], /Unknown option '--second'/],
])('bench:gateway refuses %j', (args, message) => {
  expect(() => loadOptions(args)).toThrow(message);
});

test('a request that was never accepted is a breach', () => {
  expect(judge([null], [])).toMatchObject({ holds: false, accepted: 0 });
});
