/**
 * The way of one request, from its body to its answer:
 *
 *   key seen? ──answered──▶ the first answer       room? ─▶ body ─▶ event ─▶ schema ─▶ write ─▶ acknowledged: 202
 *       │ under way ──▶ waits for it     429, 503 ◀─┘        400 ◀────┴────────┘        └─▶ not within 10 s: 504
 *       └─ of another request: 422
 *
 * A 504 says nothing about the event: the producer goes on until Kafka says whether it was written, and the key stays
 * under way until then. So a repeat with the key never writes a second event, and one without it may.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { GatewaySettings, RouteSettings } from '../core/gateway-settings.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { type Answer, keyReused, refused, stalled, undecided } from './answer.ts';
import { Backlog } from './backlog.ts';
import type { Body } from './body.ts';
import { eventOf, type RequestHeaders } from './event-of-request.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { gatewayLimits } from './limits.ts';
import { answerTo, type WriteResult } from './outcome.ts';
import { type SchemaCheck, schemaCheck } from './schema-check.ts';
import { UnderWay } from './under-way.ts';

export interface RequestPathOptions {
  readonly settings: GatewaySettings;
  /** At once `failed` when there is no room. Never rejects; settles when it is known what became of the record. */
  readonly write: (record: OutboundRecord) => Promise<WriteResult>;
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface Reply {
  readonly answer: Answer;
  /** An earlier request with the same key wrote the event. */
  readonly repeated: boolean;
}

export class RequestPath {
  /** Events that are on their way, also those whose request was answered 504. */
  readonly writes = new UnderWay();
  readonly #options: RequestPathOptions;
  readonly #keys: IdempotencyKeys;
  readonly #backlog: Backlog;
  readonly #checks: ReadonlyMap<RouteSettings, SchemaCheck>;

  constructor(options: RequestPathOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#keys = new IdempotencyKeys(settings.idempotency, clock);
    this.#backlog = new Backlog(clock);
    const checked = settings.routes.flatMap((route) => (route.schema === null ? [] : [[route, route.schema] as const]));
    this.#checks = new Map(checked.map(([route, schema]) => [route, schemaCheck(schema)]));
  }

  /** Never rejects. @param body null where the request had none */
  async answer(route: RouteSettings, headers: RequestHeaders, body: Body | null): Promise<Reply> {
    if (body === null) return first(refused(400, 'the body has to be a JSON object'));
    const { header } = this.#options.settings.idempotency;
    const given = header === null ? undefined : headers[header];
    if (header === null || given === undefined)
      return first(await this.#soon(this.#write(route, headers, body), false));
    if (typeof given !== 'string' || given === '' || given.length > gatewayLimits.idempotencyKeyLength) {
      return first(refused(400, `${header}: want 1 to ${gatewayLimits.idempotencyKeyLength} characters`));
    }
    const key = `${route.method} ${route.path} ${given}`;
    const fingerprint = fingerprintOf(route, headers, body);
    const state = this.#keys.find(key, fingerprint);
    switch (state.kind) {
      case 'conflict':
        return first(keyReused(header, route));
      case 'answered':
        return { answer: state.answer, repeated: true };
      case 'underWay':
        return { answer: await this.#soon(state.answer, true), repeated: true };
      case 'unknown': {
        const answer = this.#write(route, headers, body);
        this.#keys.begin(key, fingerprint, answer);
        return first(await this.#soon(answer, true));
      }
      default:
        return state satisfies never;
    }
  }

  async #write(route: RouteSettings, headers: RequestHeaders, body: Body): Promise<Answer> {
    const { clock, newId, write } = this.#options;
    const made = eventOf(route, headers, body, { newId, wallTime: clock.wallTime() });
    if (made.kind === 'refused') return made;
    const fault = this.#checks.get(route)?.(made.record.value!) ?? null;
    if (fault !== null) return fault;
    if (this.#backlog.oldestMs(route.topic) > gatewayLimits.stalledAfterMs) return stalled;
    const ended = [this.#backlog.enter(route.topic), this.writes.begin()];
    const result = await write(made.record);
    for (const tell of ended) tell();
    return answerTo(result, made.id);
  }

  /** @param safe whether a repeat finds its way back to this answer */
  async #soon(answer: Promise<Answer>, safe: boolean): Promise<Answer> {
    const late = Promise.withResolvers<Answer>();
    const timer = this.#options.clock.after(gatewayLimits.answerWithinMs, () => late.resolve(undecided(safe)));
    const soon = await Promise.race([answer, late.promise]);
    timer.cancel();
    return soon;
  }
}

function first(answer: Answer): Reply {
  return { answer, repeated: false };
}

/** Of all that decides which event is written; a repeat may well carry another correlation id. */
function fingerprintOf(
  { key, aggregateId, tenant, actor }: RouteSettings,
  headers: RequestHeaders,
  body: Body,
): string {
  const hash = createHash('sha256');
  for (const source of [key, aggregateId, tenant, actor]) {
    if (source?.kind === 'header') hash.update(`${JSON.stringify(headers[source.name] ?? null)}\n`);
  }
  return hash.update(body.bytes).digest('base64url');
}
