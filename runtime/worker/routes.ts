/**
 * Which functions handle a record, by its event type, or what becomes of it when none does (`schemas`).
 *
 *   no type ────────── missingType      with registered types; without any, only where no '*' handler takes it
 *   not registered ─── unknownType
 *   without handler ── unhandledType
 *
 * Types nearly always come as bytes from a header, and records of one type come in runs, so the last answer is kept
 * beside the bytes that asked for it, and only a change of type makes a string.
 */
import { toErrorData } from '../core/error-data.ts';
import type { Refusal, SchemaSettings } from '../core/event-types.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { CallStats } from './call-stats.ts';
import type { HandlerFunction, HandlerModule } from './check-handlers.ts';
import { changeShape, EnvelopeError, isTombstoneType, readChangeType } from './debezium.ts';
import type { Shape, Shapes } from './event-shapes.ts';
import { decodeText } from './json-body.ts';
import type { RefusedRecord } from './retry-decision.ts';
import { type TypeReader, typeReader } from './type-reader.ts';

/** One function that a record is given to. */
export interface RouteHandler extends HandlerFunction {
  readonly file: string;
  readonly stats: CallStats;
  /** Of the values of this event type. */
  readonly shape: Shape | null;
}

export interface Route {
  readonly type: string;
  /** In the manifest's order; none where the record is refused. */
  readonly handlers: readonly RouteHandler[];
  readonly refused: RefusedRecord | null;
  /** The handler of a route that has just one, as nearly all have. */
  readonly only: RouteHandler | null;
  /** Index for counters; routes beyond the limit share the last one. */
  readonly id: number;
}

/** Types that `'*'` handlers get are named by whoever writes the topic: counters for them have a limit. */
const labelsMax = 1000;
/** A name is shorter; what is longer is handled, and not remembered. */
const labelCharactersMax = 1000;
const otherLabel = '(other)';
const refusedLabel = '(refused)';
const shownMax = 100; // characters of a type in a message
const noType = 'the record has no event type (schemas.typeFrom, schemas.missingType)';

export class Routes {
  /** Records that nobody handles, since the last tally. */
  skipped = 0;
  readonly #modules: readonly HandlerModule[];
  readonly #schemas: SchemaSettings;
  readonly #shapes: Shapes;
  readonly #registered: ReadonlySet<string> | null;
  /** Name of the header with the type, which batches are decoded with; empty where types stand somewhere else. */
  readonly header: Buffer;
  readonly #readType: TypeReader | null;
  readonly #known = new Map<string, Route | null>();
  readonly #labels: string[] = [];
  readonly #stats = new Map<string, CallStats>();
  #lastType: Buffer | null = null;
  #last: Route | null = null;

  constructor(modules: readonly HandlerModule[], schemas: SchemaSettings, shapes: Shapes) {
    const { events, format, typeFrom } = schemas;
    this.#modules = modules;
    this.#schemas = schemas;
    this.#shapes = shapes;
    this.#registered = events.length === 0 ? null : new Set(events.map(({ type }) => type));
    const inHeader = format === 'json' && typeFrom.kind === 'header';
    this.header = Buffer.from(inHeader ? typeFrom.name : '');
    if (format === 'debezium') this.#readType = readChangeType;
    else this.#readType = typeFrom.kind === 'header' ? null : typeReader(typeFrom);
  }

  /** @param batch that was decoded with `header` @returns null when the record is passed over */
  find(batch: RecordBatch, index: number, topic: string): Route | null {
    const read = this.#readType;
    if (read !== null) return this.#lookUp(() => read(batch, index, topic));
    if (this.#lastType !== null && batch.notedEquals(index, this.#lastType)) return this.#last;
    // A copy: the header's bytes go back to the main thread.
    this.#lastType = Buffer.from(batch.notedAt(index));
    const bytes = this.#lastType;
    this.#last = this.#lookUp(() => decodeText(bytes, 'the event type'));
    return this.#last;
  }

  /** Names of the counters, by `Route.id`. */
  get labels(): readonly string[] {
    return this.#labels;
  }

  get stats(): Iterable<CallStats> {
    return this.#stats.values();
  }

  #lookUp(read: () => string): Route | null {
    let type: string;
    try {
      type = read();
    } catch (error) {
      if (error instanceof EnvelopeError) return this.#refuse(this.#schemas.invalid, 'schema_error', error);
      return this.#refuse('dlq', 'deserialization_error', error);
    }
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const route = this.#build(type);
    if (this.#remembers(type)) this.#known.set(type, route);
    return route;
  }

  #remembers(type: string): boolean {
    return this.#known.size < labelsMax && type.length <= labelCharactersMax;
  }

  #build(type: string): Route | null {
    const { format, missingType, unknownType, unhandledType } = this.#schemas;
    const isTombstone = format === 'debezium' && isTombstoneType(type);
    if (!isTombstone && this.#registered?.has(type) === false) {
      if (type !== '')
        return this.#refuse(unknownType, 'unknown_type', new TypeError(`unknown type "${shown(type)}"`), type);
      return this.#refuse(missingType, 'unknown_type', new TypeError(noType));
    }
    const label = this.#remembers(type) ? type : otherLabel;
    const checked = this.#shapes.of(type);
    const shape = format === 'debezium' ? changeShape(checked) : checked;
    const handlers: RouteHandler[] = [];
    for (const module of this.#modules) {
      if (module.events !== null && !module.events.has(type)) continue;
      const handler = module.byType.get(type) ?? (isTombstone ? null : module.any);
      if (handler !== null)
        handlers.push({ ...handler, file: module.file, stats: this.#statsOf(module.file, label), shape });
    }
    if (handlers.length === 0) {
      if (isTombstone) return null;
      if (type === '') return this.#refuse(missingType, 'unknown_type', new TypeError(noType));
      return this.#refuse(unhandledType, 'unknown_type', new TypeError(`no handler for type "${shown(type)}"`), type);
    }
    const only = handlers.length === 1 ? handlers[0]! : null;
    return { type, handlers, only, refused: null, id: this.#label(label) };
  }

  #refuse(refusal: Refusal, reason: RefusedRecord['reason'], error: unknown, type: string = ''): Route | null {
    if (refusal === 'skip') return null;
    const refused: RefusedRecord = { kind: 'refused', reason, refusal, error: toErrorData(error) };
    return { type, handlers: [], only: null, refused, id: this.#label(refusedLabel) };
  }

  #statsOf(file: string, label: string): CallStats {
    const key = `${label} ${file}`;
    let stats = this.#stats.get(key);
    if (stats === undefined) {
      stats = new CallStats(file, label);
      this.#stats.set(key, stats);
    }
    return stats;
  }

  #label(label: string): number {
    const id = this.#labels.lastIndexOf(label);
    return id >= 0 ? id : this.#labels.push(label) - 1;
  }
}

function shown(type: string): string {
  return type.length > shownMax ? `${type.slice(0, shownMax)}…` : type;
}
