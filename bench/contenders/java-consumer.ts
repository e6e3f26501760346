/**
 * Java's consumer: `ConsumerPerformance`, which comes with Apache Kafka, with the JVM options of its own start script. It
 * counts records, ends by itself and commits when it closes. Every 10 ms it says how far it is: from that, and from
 * what Linux knows about its process, come the same marks as for the others.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { exited, spawnBound } from '../../scripts/real/bound-process.ts';
import { installKafka } from '../../scripts/real/kafka-install.ts';
import { type FromContender, type Job, type Mark, machineClockMs } from '../job.ts';
import { type ProcessUsage, processUsage } from '../process-usage.ts';

// As kafka-run-class.sh and kafka-consumer-perf-test.sh set them.
const jvm = ['-Xmx512M', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35'];
const reportEveryMs = 10;

const job = JSON.parse(process.argv[2]!) as Job;
const java = spawnBound(
  'java',
  [
    ...jvm,
    ...['-cp', join(await installKafka(), '*'), '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
    'org.apache.kafka.tools.ConsumerPerformance',
    ...['--bootstrap-server', job.brokers, '--topic', job.topic, '--group', job.groups[0]!],
    ...['--num-records', String(job.records), '--timeout', '60000'],
    ...['--show-detailed-stats', '--reporting-interval', String(reportEveryMs)],
  ],
  { stdio: ['ignore', 'pipe', 'pipe'] },
);
process.once('disconnect', () => process.exit(1)); // the bench is gone, and Java goes with this process
const stop = new Promise<void>((resolve) => process.once('message', () => resolve()));
say({ kind: 'ready' });

let told = '';
java.stderr!.setEncoding('utf8').on('data', (text: string) => {
  told += text;
});
let from: Mark | null = null;
let to: Mark | null = null;
let maxRssMiB = 0;
for await (const line of createInterface({ input: java.stdout! })) {
  told += `${line}\n`;
  const handled = handledBy(line);
  if (handled === null) continue;
  const usage: ProcessUsage = processUsage(java.pid!) ?? { cpuSeconds: to?.cpuSeconds ?? 0, maxRssMiB };
  maxRssMiB = usage.maxRssMiB;
  to = { atMs: machineClockMs(), handled, cpuSeconds: usage.cpuSeconds };
  if (handled >= job.warmUp) from ??= to;
  say({ kind: 'progress', handled });
}
const code = await exited(java);
if (code !== 0 || from === null || to === null) {
  console.error(`ConsumerPerformance ended with ${code}:\n${told.slice(-2_000)}`);
  process.exit(1);
}
// It ends with 0 when it has counted all of them; what came after its last line is known by that only.
say({ kind: 'progress', handled: job.records });
await stop;
const result = { from, to, handled: job.records, maxRssMiB, latency: null };
process.send!({ kind: 'result', result } satisfies FromContender, () => process.exit(0));

/** A line of `time, id, MB, MB/s, records, records/s, …`. @returns null for the line of titles and for all others */
function handledBy(line: string): number | null {
  const records = Number(line.split(',')[4]);
  return Number.isFinite(records) && records > 0 ? records : null;
}

function say(message: FromContender): void {
  process.send!(message);
}
