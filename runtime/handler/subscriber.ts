/**
 * Subscribers as objects (rows S-05, S-06), beside the map of `defineHandlers`: one `handle` for several event types.
 *
 *   export default class AuditLog {
 *     static subscribedTo = ['OrderPlaced', 'OrderShipped'];      // or ['*']: all events; a method may tell it, too
 *     handle(event, ctx) { … }
 *   }
 *
 * A class is made once per thread, without arguments; an object is taken as it is.
 */
import { defineHandlers, type Fn, type Handlers } from './define-handlers.ts';
import type { Lifecycle } from './lifecycle.ts';

/** Event types; `'*'` among them: all. */
export type SubscribedTo = readonly string[] | (() => readonly string[]);

export interface Subscriber<T = unknown> extends Lifecycle {
  readonly subscribedTo: SubscribedTo;
  handle: Fn<T>;
}

/** What it is subscribed to stands on the class, or on its instances. */
export type SubscriberClass<T = unknown> =
  | (new () => Subscriber<T>)
  | ((new () => Omit<Subscriber<T>, 'subscribedTo'>) & { readonly subscribedTo: SubscribedTo });

const example = "static subscribedTo = ['OrderPlaced'] (or ['*']) and handle(event, ctx) { … }";

/**
 * @param exported a class, an object with `subscribedTo`, or anything else
 * @returns the same as a map by event type; null when it is no subscriber
 * @throws TypeError that says what is missing
 */
export function subscriberHandlers(exported: unknown): Handlers<Record<string, unknown>> | null {
  const isClass = typeof exported === 'function' && /^class\b/.test(Function.prototype.toString.call(exported));
  if (!isClass && !isSubscriber(exported)) return null;
  const subscriber = isClass ? madeOf(exported as new () => unknown) : (exported as Partial<Subscriber>);
  const name = nameOf(exported);
  if (typeof subscriber.handle !== 'function')
    throw new TypeError(`${name} has no method handle(); expected ${example}`);
  const handle = subscriber.handle.bind(subscriber);
  const types = typesOf(name, subscriber, isClass ? (exported as Partial<Subscriber>) : subscriber);
  // With '*' there is nothing that another entry could add.
  const entries = types.includes('*') ? ['*'] : types;
  const handlers: Record<string, Fn> = Object.fromEntries(entries.map((type) => [type, handle]));
  return defineHandlers(handlers, lifeOf(subscriber));
}

function lifeOf(subscriber: Lifecycle): Lifecycle {
  const { setup, onAssigned, onRevoked } = subscriber;
  return {
    ...(typeof setup === 'function' && { setup: setup.bind(subscriber) }),
    ...(typeof onAssigned === 'function' && { onAssigned: onAssigned.bind(subscriber) }),
    ...(typeof onRevoked === 'function' && { onRevoked: onRevoked.bind(subscriber) }),
  };
}

/** Maps have event types as keys, and one may be called like anything; but hardly both are functions of that name. */
function isSubscriber(exported: unknown): boolean {
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) return false;
  const own = exported as Partial<Subscriber>;
  if (typeof own.handle === 'function') return 'subscribedTo' in own || isInstance(exported);
  return Array.isArray(own.subscribedTo);
}

/** Of a class of the user's, which no map is. */
function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}

function madeOf(made: new () => unknown): Partial<Subscriber> {
  const problem = `class ${made.name || '(without a name)'} cannot be made`;
  if (made.length > 0)
    throw new TypeError(`${problem}: its constructor takes ${made.length} arguments, and it gets none`);
  try {
    return new made() as Partial<Subscriber>;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`${problem}: ${message}`, { cause });
  }
}

function typesOf(name: string, subscriber: Partial<Subscriber>, owner: Partial<Subscriber>): readonly string[] {
  const holder = owner.subscribedTo === undefined ? subscriber : owner;
  const told: unknown = holder.subscribedTo;
  if (told === undefined) throw new TypeError(`${name} does not say what it is subscribed to; expected ${example}`);
  const types: unknown = typeof told === 'function' ? told.call(holder) : told;
  const expected = "expected names of event types, such as ['OrderPlaced'], or ['*'] for all";
  if (!Array.isArray(types) || types.length === 0) {
    throw new TypeError(`subscribedTo of ${name} is ${Array.isArray(types) ? 'empty' : shown(types)}; ${expected}`);
  }
  const wrong = types.findIndex((type) => typeof type !== 'string' || type === '');
  if (wrong >= 0) throw new TypeError(`subscribedTo of ${name} holds ${shown(types[wrong])} at ${wrong}; ${expected}`);
  const repeated = types.find((type, at) => types.indexOf(type) < at);
  if (repeated !== undefined) throw new TypeError(`subscribedTo of ${name} holds "${String(repeated)}" twice`);
  return types as readonly string[];
}

function nameOf(exported: unknown): string {
  const made = typeof exported === 'function' ? exported : (exported as object).constructor;
  return made === Object || made.name === '' ? 'the subscriber' : `class ${made.name}`;
}

function shown(value: unknown): string {
  if (typeof value === 'function') return `a ${/^class\b/.test(String(value)) ? 'class' : 'function'}`;
  return typeof value === 'object' && value !== null ? 'an object' : `${typeof value} ${JSON.stringify(value)}`;
}
