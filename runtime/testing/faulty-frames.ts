/**
 * Faults of Kafka's own frames, as a tap of `faulty-network.ts`: knows which answer belongs to which request, and does to
 * it what the test asks for. Faults of one API are used up in order, one per request; then everything passes.
 *
 *   request ─▶ lost, or refused here, or passed on and remembered ─▶ broker
 *   answer  ◀─ lost, cut, silent, misnamed, repeated, swapped, corrupt, changed ◀─ broker
 *
 * With `advertise` every address that a broker tells of becomes the one given, so that clients stay on the proxy of a
 * broker that knows nothing of it. That is right for one broker only.
 */
import { answeredApis } from '../broker/apis/all.ts';
import { FrameSplitter } from '../broker/frame-splitter.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { Api } from '../protocol/api.ts';
import { apisByKey } from '../protocol/apis.ts';
import { readRequestHeader, skipTags } from '../protocol/frame.ts';
import { Reader } from '../protocol/reader.ts';
import { advertised } from './advertised.ts';
import type { Tap, TapEnds } from './faulty-network.ts';
import { answerFrame, corruptRecords, type FrameFault, framed, type Pending, readAnswer } from './frame-fault.ts';

const frameBytesMax = 256 * 1024 * 1024;
const nobody = 0x5a5a5a5a; // an id that no client counts up to

export class FaultyFrames {
  readonly #advertise: (() => BrokerAddress) | null;
  readonly #next = new Map<string, FrameFault[]>();
  readonly #always = new Map<string, FrameFault>();
  readonly #seen = new Map<string, number>();
  #struck = 0;

  constructor(options: { readonly advertise?: () => BrokerAddress } = {}) {
    this.#advertise = options.advertise ?? null;
  }

  /** @param api the name in Kafka's documentation, such as `OffsetCommit` */
  next(api: string, ...faults: readonly FrameFault[]): void {
    const queue = this.#next.get(api) ?? [];
    queue.push(...faults);
    this.#next.set(api, queue);
  }

  /** Each request of the API, once `next` is used up; null ends it. */
  always(api: string, fault: FrameFault | null): void {
    if (fault === null) this.#always.delete(api);
    else this.#always.set(api, fault);
  }

  /** How many requests of this API have come by. */
  seen(api: string): number {
    return this.#seen.get(api) ?? 0;
  }

  /** How many faults have happened. */
  get struck(): number {
    return this.#struck;
  }

  /** For `startFaultyNetwork`. */
  readonly tap = (ends: TapEnds): Tap => {
    const pending = new Map<number, Pending>();
    let silent = false;
    const end = (): void => {
      silent = true;
      ends.end();
    };
    let before = nobody;
    let swapped: Buffer | null = null;

    const request = (frame: Buffer): void => {
      const reader = new Reader(frame);
      const { apiKey, apiVersion: version, correlationId } = readRequestHeader(reader);
      const api = apisByKey.get(apiKey);
      const fault = this.#take(api?.name ?? String(apiKey));
      if (fault.kind === 'loseRequest') {
        this.#struck++;
        end();
      } else if (fault.kind === 'error') {
        this.#struck++;
        ends.toClient(refusal(api!, version, correlationId, reader, fault.code));
      } else {
        pending.set(correlationId, { api, version, fault });
        ends.toBroker(framed(frame));
      }
    };

    const answer = (frame: Buffer): void => {
      const correlationId = frame.readInt32BE(0);
      const of = pending.get(correlationId);
      pending.delete(correlationId);
      const told = of === undefined ? frame : this.#told(frame, of);
      pass(told, correlationId, of ?? { api: undefined, version: 0, fault: { kind: 'pass' } });
      before = correlationId;
    };

    const pass = (frame: Buffer, correlationId: number, of: Pending): void => {
      const { fault } = of;
      if (fault.kind !== 'pass') this.#struck++;
      switch (fault.kind) {
        case 'loseAnswer':
          end();
          return;
        case 'silence':
          silent = true;
          return;
        case 'cut':
          ends.toClient(framed(frame).subarray(0, fault.in === 'header' ? 6 : 4 + Math.ceil(frame.length / 2)));
          end();
          return;
        case 'length':
          silent = true;
          ends.toClient(int32(fault.length));
          return;
        case 'swap':
          swapped = frame;
          return;
        case 'correlation':
          frame.writeInt32BE(fault.of === 'nobody' ? nobody : before, 0);
          break;
        case 'repeat':
          ends.toClient(framed(frame));
          break;
        case 'corrupt':
          if (!corruptRecords(frame, of.version)) this.#postpone(fault);
          break;
        default:
          break; // what happens to a request has happened, and `change` too
      }
      if (swapped !== null) {
        frame.writeInt32BE(swapped.readInt32BE(0), 0);
        swapped.writeInt32BE(correlationId, 0);
        ends.toClient(framed(swapped));
        swapped = null;
      }
      ends.toClient(framed(frame));
    };

    const requests = new FrameSplitter(frameBytesMax, (frame) => silent || request(frame));
    const answers = new FrameSplitter(frameBytesMax, (frame) => silent || answer(Buffer.from(frame)));
    return { fromClient: (bytes) => requests.push(bytes), fromBroker: (bytes) => answers.push(bytes) };
  };

  #take(api: string): FrameFault {
    this.#seen.set(api, this.seen(api) + 1);
    return this.#next.get(api)?.shift() ?? this.#always.get(api) ?? { kind: 'pass' };
  }

  /** There was nothing to corrupt in this answer: it is the next one's turn. */
  #postpone(fault: FrameFault): void {
    this.#struck--;
    this.#next.set('Fetch', [fault, ...(this.#next.get('Fetch') ?? [])]);
  }

  /** What the answer says, with our address in it, and after `change`. */
  #told(frame: Buffer, { api, version, fault }: Pending): Buffer {
    if (api === undefined) return frame;
    const read = (): unknown => readAnswer(frame, api, version);
    const correlationId = frame.readInt32BE(0);
    const written = (answer: unknown): Buffer =>
      answerFrame(correlationId, api, version, api.writeResponse(answer, version));
    const answer = this.#advertise === null ? null : advertised(api.name, read, this.#advertise());
    if (fault.kind === 'change') return written(fault.change(answer ?? read()));
    return answer === null ? frame : written(answer);
  }
}

/** As the embedded broker refuses it. */
function refusal(
  api: Api<unknown, unknown>,
  version: number,
  correlationId: number,
  request: Reader,
  code: number,
): Buffer {
  const answered = answeredApis.get(api.key);
  if (answered === undefined)
    throw new Error(`${api.name} cannot be refused here: the embedded broker does not know it`);
  if (api.isFlexible(version)) skipTags(request);
  const body = answered.refuse(request, version, code) as Buffer;
  return framed(answerFrame(correlationId, api, version, body));
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value, 0);
  return bytes;
}
