/** Loads the handler modules of a group into this thread. A mistake becomes text that names the file and the line. */
import { pathToFileURL } from 'node:url';
import type { Clock } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import { moduleInCode } from '../core/modules-in-code.ts';
import type { GroupSettings, HandlerSettings } from '../core/settings.ts';
import type { Started } from '../core/thread-messages.ts';
import { checkHandlers, type HandlerModule } from './check-handlers.ts';
import { loadShapes, type Shapes } from './event-shapes.ts';

export type Loaded =
  | { readonly kind: 'loaded'; readonly modules: readonly HandlerModule[]; readonly shapes: Shapes }
  | Extract<Started, { readonly kind: 'failed' }>;

export interface LoadOptions {
  readonly thread: number;
  readonly clock: Clock;
  /** Handed to `setup`; aborted when the thread is to end. */
  readonly signal: AbortSignal;
}

/** Row M11: a top-level await that never settles is told within 10 s of the start of the process, which takes some too. */
const loadTimeoutMs = 8_000;

/** One module after the other, in the manifest's order; the first that fails is reported. Never rejects. */
export async function loadHandlers(group: GroupSettings, options: LoadOptions): Promise<Loaded> {
  const modules: HandlerModule[] = [];
  for (const settings of group.handlers) {
    try {
      modules.push(await withTimeout(options.clock, load(settings, group, options)));
    } catch (error) {
      return { kind: 'failed', file: settings.file, message: explain(error, settings.file) };
    }
  }
  try {
    return { kind: 'loaded', modules, shapes: await withTimeout(options.clock, loadShapes(group.schemas)) };
  } catch (error) {
    const file = group.schemas.upcast ?? 'schemas.events';
    return { kind: 'failed', file, message: explain(error, file) };
  }
}

async function load(settings: HandlerSettings, group: GroupSettings, options: LoadOptions): Promise<HandlerModule> {
  const exported = moduleInCode(settings.file) ?? ((await import(pathToFileURL(settings.file).href)) as object);
  const module = checkHandlers(exported, settings, group);
  await module.life.setup?.({ group: group.name, thread: options.thread, signal: options.signal });
  return module;
}

function withTimeout<T>(clock: Clock, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(loadTimeoutMs, () => {
      const question = 'does a top-level await or setup() wait for something that never comes?';
      reject(new TypeError(`not loaded after ${loadTimeoutMs / 1000} s; ${question}`));
    });
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** The message, and where: V8 puts `file:line` of a syntax error only into the first lines of the stack. */
function explain(thrown: unknown, file: string): string {
  const { code, name, message, stack } = toErrorData(thrown);
  const place = stackPlace(stack, file);
  const at = place === null ? '' : ` (${place})`;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const advice = 'Node runs TypeScript by removing the types; write this part in plain JavaScript terms';
    return `${message}: enums, namespaces, parameter properties and import aliases do not work here; ${advice}${at}`;
  }
  if (name === 'SyntaxError' && /Invalid or unexpected token/.test(message)) {
    return `SyntaxError: ${message}; decorators are not supported${at}`;
  }
  return thrown instanceof TypeError && place === null ? message : `${name}: ${message}${at}`;
}

function stackPlace(stack: string | null, file: string): string | null {
  if (stack === null) return null;
  const escaped = file.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const own = new RegExp(`${escaped}:\\d+(?::\\d+)?`).exec(stack)?.[0];
  if (own !== undefined) return own;
  // A module that the handler imports may be the one with the mistake; then the stack begins with its place.
  return /^(?:file:\/\/)?(\/\S+:\d+)$/m.exec(stack.split('\n')[0]!)?.[1] ?? null;
}
