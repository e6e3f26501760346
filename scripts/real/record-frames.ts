/**
 * Records golden frames: real clients against a real Apache Kafka, through a proxy that keeps what passes.
 *
 *   npx node scripts/real/record-frames.ts      # writes test/golden/frames.json, about three minutes
 *
 * Needs Java, Maven, kcat and Python 3.13. Ids and times differ from run to run, so record again only to add
 * something: a new client, API or Kafka version.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { startFrameProxy } from './frame-proxy.ts';
import { FrameSamples } from './frame-samples.ts';
import { startKafka } from './kafka.ts';
import { kafkaVersion } from './kafka-install.ts';
import { sessions } from './recorded-clients.ts';

const output = join(import.meta.dirname, '..', '..', 'test', 'golden', 'frames.json');
const largestFileBytes = 400_000;

const samples = new FrameSamples();
const clientOf: string[] = []; // by connection; a session's connections are all opened while it runs
let current = 'none';
let brokerPort = 0;

const proxy = await startFrameProxy(
  0,
  () => ({ host: '127.0.0.1', port: brokerPort }),
  (frame, connection) => {
    // The broker talks to itself about transactions, through the address it advertises.
    const clientId = frame.kind === 'request' ? frame.bytes.toString('latin1', 10, 30) : '';
    const fromBroker = clientId.startsWith('broker-') || clientId.startsWith('AddPartitionsManager');
    clientOf[connection] ??= fromBroker ? 'broker' : current;
    samples.add(frame, clientOf[connection]);
  },
);
const kafka = await startKafka({ advertisedPort: proxy.port });
try {
  brokerPort = Number(kafka.brokers.split(':')[1]);
  for (const [client, session] of sessions) {
    current = client;
    console.error(`recording ${client} …`);
    await session(`127.0.0.1:${proxy.port}`);
  }
} finally {
  await kafka.stop();
  await proxy.close();
}

const chosen = samples.choose();
refuseTraces(chosen.map(({ hex }) => Buffer.from(hex, 'hex').toString('latin1')).join('\n'));
// One sample per line: a new recording is then a readable difference.
const lines = chosen.map((sample) => `    ${JSON.stringify(sample)}`).join(',\n');
const json = `{\n  "kafka": "${kafkaVersion}",\n  "frames": [\n${lines}\n  ]\n}\n`;
if (json.length > largestFileBytes) throw new Error(`${json.length} bytes are too many for a file in the repository`);
await mkdir(dirname(output), { recursive: true });
await writeFile(output, json);
console.error(`${chosen.length} frames, ${json.length} bytes: ${output}`);

/** Frames go into the repository: nothing in them may tell where they were recorded. */
function refuseTraces(everything: string): void {
  const traces = [hostname(), homedir(), process.cwd(), kafka.dir].filter((trace) => trace.length > 3);
  for (const trace of traces.filter((one) => one !== 'localhost')) {
    if (everything.includes(trace)) throw new Error(`a frame contains "${trace}" of this machine; nothing was written`);
  }
}
