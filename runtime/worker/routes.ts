/**
 * Which functions handle an event type. Types come as bytes from a header, and records of one type come in runs, so the
 * last answer is kept beside the bytes that asked for it, and only a change of type makes a string.
 */
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { CallStats } from './call-stats.ts';
import type { HandlerFunction, HandlerModule } from './check-handlers.ts';
import { decodeText } from './json-body.ts';

/** One function that a record is given to. */
export interface RouteHandler extends HandlerFunction {
  readonly file: string;
  readonly stats: CallStats;
}

export interface Route {
  readonly type: string;
  /** In the manifest's order; none for a type that is not UTF-8. */
  readonly handlers: readonly RouteHandler[];
  readonly invalid: boolean;
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

export class Routes {
  /** Records that nobody handles, since the last tally. */
  skipped = 0;
  readonly #modules: readonly HandlerModule[];
  readonly #known = new Map<string, Route | null>();
  readonly #labels: string[] = [];
  readonly #stats = new Map<string, CallStats>();
  readonly #invalid: Route;
  #lastType: Buffer | null = null;
  #last: Route | null = null;

  constructor(modules: readonly HandlerModule[]) {
    this.#modules = modules;
    this.#invalid = { type: '', handlers: [], only: null, invalid: true, id: this.#label('(invalid)') };
  }

  /** @param header name of the header with the type @returns null when nobody handles the record */
  find(batch: RecordBatch, index: number, header: Uint8Array): Route | null {
    if (this.#lastType !== null && batch.headerEquals(index, header, this.#lastType)) return this.#last;
    // A copy: the header's bytes go back to the main thread.
    this.#lastType = Buffer.from(batch.headerAt(index, header) ?? []);
    this.#last = this.#lookUp(this.#lastType);
    return this.#last;
  }

  /** Names of the counters, by `Route.id`. */
  get labels(): readonly string[] {
    return this.#labels;
  }

  get stats(): Iterable<CallStats> {
    return this.#stats.values();
  }

  #lookUp(bytes: Buffer): Route | null {
    let type: string;
    try {
      type = decodeText(bytes, 'the event type');
    } catch {
      return this.#invalid;
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
    const label = this.#remembers(type) ? type : otherLabel;
    const handlers: RouteHandler[] = [];
    for (const module of this.#modules) {
      if (module.events !== null && !module.events.has(type)) continue;
      const handler = module.byType.get(type) ?? module.any;
      if (handler !== null) handlers.push({ ...handler, file: module.file, stats: this.#statsOf(module.file, label) });
    }
    if (handlers.length === 0) return null;
    const only = handlers.length === 1 ? handlers[0]! : null;
    return { type, handlers, only, invalid: false, id: this.#label(label) };
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
