/**
 * The embedded broker from the first byte of a connection on: frames, headers, bodies and what is done with them, with
 * a broker of its own for every input. Time is simulated: what waits for ever, waits for no time.
 *
 * Besides errors these are findings: a fault that the broker reports of itself, an answer that does not decode as the
 * request's API and version, and a timer that is left when connection and broker are closed.
 */
import { answeredApis } from '../../../runtime/broker/apis/all.ts';
import type { BrokerState } from '../../../runtime/broker/broker-state.ts';
import { Connection } from '../../../runtime/broker/connection.ts';
import { Controls } from '../../../runtime/broker/controls.ts';
import { GroupCoordinator } from '../../../runtime/broker/groups/group-coordinator.ts';
import { memoryStore } from '../../../runtime/broker/storage/broker-store.ts';
import { Topics } from '../../../runtime/broker/topics.ts';
import { ProducerRegistry } from '../../../runtime/broker/transactions/producer-registry.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { apisByKey } from '../../../runtime/protocol/apis.ts';
import { type RequestHeader, responseHasTags, skipTags } from '../../../runtime/protocol/frame.ts';
import { Reader } from '../../../runtime/protocol/reader.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { chance, noise, whole } from '../choose.ts';
import { chunksOf } from '../chunks.ts';
import { ClientSocket } from '../client-socket.ts';
import { frame, request } from '../requests.ts';
import type { Outcome, Target } from '../target.ts';

const groupSettings = {
  minSessionTimeoutMs: 1,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 0,
  consumerSessionTimeoutMs: 45_000,
  consumerHeartbeatIntervalMs: 5_000,
};
/** Longer than every session, transaction and long poll that the broker allows. */
const longEnoughMs = 3_600_000;

/** What the broker said of its own faults, through Node's warnings: there is one listener for all inputs. */
const reported: string[] = [];
process.on('warning', ({ message }) => reported.push(message));

export const broker: Target = {
  make(random) {
    if (chance(random, 0.02)) return noise(random, whole(random, 300));
    return Buffer.concat(Array.from({ length: 1 + whole(random, 6) }, () => frame(random, request(random))));
  },
  async run(input) {
    const clock = new ManualClock();
    const state = newState(clock);
    const socket = new ClientSocket();
    const connection = new Connection(socket, { apis: answeredApis, state, controls: new Controls() });
    for (const chunk of chunksOf(input)) socket.receive(chunk);
    await settled(clock, socket);
    const refused = socket.destroyed;
    connection.close();
    state.groups.close();
    state.producers.close();
    await clock.turn();
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left when everything is closed`);
    const fault = reported.splice(0).at(0);
    if (fault !== undefined) throw new Error(fault);
    checkAnswers(input, socket.written());
    return outcome(refused);
  },
};

function outcome(refused: boolean): Outcome {
  return refused ? 'refused' : 'accepted';
}

function newState(clock: ManualClock): BrokerState {
  const random = seededRandom(1); // for ids that requests can name
  const topics = new Topics(memoryStore, clock, random, 1);
  topics.create({ name: 'orders', partitionCount: 2, replicationFactor: 1, settings: {} });
  const groups = new GroupCoordinator(memoryStore, clock, random, groupSettings);
  const producers = new ProducerRegistry(memoryStore, topics, groups.offsets, clock);
  const address = () => ({ host: '127.0.0.1', port: 9092 });
  return { clock, random, clusterId: 'fuzz', topics, groups, producers, autoCreateTopics: true, address };
}

/** A request may wait for time to pass several times over: to join, for a member that leaves, for records. */
async function settled(clock: ManualClock, socket: ClientSocket): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await clock.turn();
    await clock.turn();
    if (socket.destroyed) return;
    await clock.advance(longEnoughMs);
  }
}

/** Every answer fits the request of its correlation id; where a client used an id twice it cannot tell, nor can we. */
function checkAnswers(input: Buffer, answers: Buffer): void {
  const asked = new Map<number, RequestHeader | null>();
  split(input, (bytes) => {
    if (bytes.length < 10) return;
    const reader = new Reader(bytes);
    const header = {
      apiKey: reader.int16(),
      apiVersion: reader.int16(),
      correlationId: reader.int32(),
      clientId: null,
    };
    asked.set(header.correlationId, asked.has(header.correlationId) ? null : header);
  });
  split(answers, (bytes) => {
    const header = asked.get(bytes.readInt32BE(0));
    if (header === undefined) throw new Error('an answer to a correlation id that nobody sent');
    if (header !== null) checkAnswer(header, bytes);
  });
}

function checkAnswer({ apiKey, apiVersion }: RequestHeader, bytes: Buffer): void {
  const api = apisByKey.get(apiKey)!;
  const [min, max] = api.versions;
  // A version that is not spoken is answered for ApiVersions only, in version 0.
  const version = apiVersion >= min && apiVersion <= max ? apiVersion : 0;
  const reader = new Reader(bytes, 4);
  if (responseHasTags(apiKey, api.isFlexible(version))) skipTags(reader);
  api.readResponse(reader, version);
  if (reader.remaining > 0) throw new Error(`${api.name} v${version}: ${reader.remaining} bytes after the answer`);
}

/** Whole frames up to the first length that no broker takes. */
function split(bytes: Buffer, onFrame: (frame: Buffer) => void): void {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readInt32BE(at);
    if (length < 0 || length > bytes.length - at - 4) return;
    onFrame(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
}
