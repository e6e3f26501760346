/**
 * What a handler threw, as data: it crosses threads, goes into dead letter headers and log lines. A handler may throw
 * anything (undefined, a proxy, an error whose getters throw, ten megabytes of text; row R21), so nothing here trusts it.
 */

export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly stack: string | null;
  /** Name of every class up the prototype chain: `retry.never` matches any of them (S-63). */
  readonly classes: readonly string[];
  /** Delay before the next attempt, from `RetryableError`'s `delay`. */
  readonly delayMs: number | null;
}

const textMax = 4096; // R21: normalised and cut to 4 KB

/** @returns plain data, whatever was thrown; never throws */
export function toErrorData(thrown: unknown): ErrorData {
  if (!isObject(thrown)) {
    return {
      name: thrown === undefined ? 'undefined' : typeof thrown,
      message: cut(describe(thrown)),
      code: null,
      stack: null,
      classes: [],
      delayMs: null,
    };
  }
  const classes = classNames(thrown);
  const code = read(thrown, 'code');
  const delayMs = read(thrown, 'delayMs');
  return {
    name: text(read(thrown, 'name')) ?? classes[0] ?? 'Error',
    message: text(read(thrown, 'message')) ?? cut(describe(thrown)),
    code: typeof code === 'string' || typeof code === 'number' ? cut(String(code)) : null,
    stack: text(read(thrown, 'stack')),
    classes,
    delayMs: typeof delayMs === 'number' && delayMs >= 0 ? delayMs : null,
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A getter or a proxy trap may throw; then the property counts as missing. */
function read(from: object, property: string): unknown {
  try {
    return (from as Record<string, unknown>)[property];
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? cut(value) : null;
}

function cut(value: string): string {
  return value.length > textMax ? `${value.slice(0, textMax)}…` : value;
}

function describe(value: unknown): string {
  try {
    return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
  } catch {
    return 'a value that cannot be shown';
  }
}

function classNames(value: object): readonly string[] {
  const names: string[] = [];
  try {
    for (let p: unknown = Object.getPrototypeOf(value); isObject(p) && p !== Object.prototype && names.length < 16; ) {
      const name = read(read(p, 'constructor') as object, 'name');
      if (typeof name === 'string' && name !== '') names.push(name);
      p = Object.getPrototypeOf(p);
    }
  } catch {
    // A proxy that refuses to show its prototype has no class names.
  }
  return names;
}
