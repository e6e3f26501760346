/**
 * What is subscribed to a bus. Each subscription becomes a handler module of its own, so that it is called, tried again
 * and counted as one of a manifest is. Checked when it comes, where the mistake is; loaded when the bus starts.
 */
import { type OfferedModule, offerModule } from '../core/modules-in-code.ts';
import type { GroupSettings, HandlerSettings } from '../core/settings.ts';
import type { Fn, Spec } from '../handler/define-handlers.ts';
import type { Subscriber, SubscriberClass } from '../handler/subscriber.ts';
import { checkHandlers } from '../worker/check-handlers.ts';

interface Subscription {
  readonly label: string;
  readonly exported: object;
}

const labelCharactersMax = 60;

export class Subscriptions {
  readonly #group: GroupSettings;
  readonly #subscriptions: Subscription[] = [];
  #offered: readonly OfferedModule[] = [];

  constructor(group: GroupSettings) {
    this.#group = group;
  }

  /** Without those that the manifest names. */
  get count(): number {
    return this.#subscriptions.length;
  }

  /** @throws TypeError that says what is wrong with it */
  add(types: string | readonly string[] | Subscriber | SubscriberClass, handler?: Fn | Spec): void {
    const isObject = handler === undefined && typeof types !== 'string' && !Array.isArray(types);
    const exported = isObject ? (types as object) : byType(types as string | readonly string[], handler);
    const module = checkHandlers({ default: exported }, { file: 'a subscriber', events: null }, this.#group);
    const label = [...module.byType.keys(), ...(module.any === null ? [] : ['*'])].join(',');
    this.#subscriptions.push({ label: label.slice(0, labelCharactersMax), exported });
  }

  /** @returns what to name in the settings of the group; `withdraw` when it has ended */
  offer(): readonly HandlerSettings[] {
    this.#offered = this.#subscriptions.map(({ label, exported }) => offerModule(label, { default: exported }));
    return this.#offered.map(({ file }) => ({ file, events: null }));
  }

  withdraw(): void {
    for (const module of this.#offered) module.withdraw();
    this.#offered = [];
  }
}

function byType(types: string | readonly string[], handler: unknown): object {
  const list: readonly unknown[] = [types].flat();
  if (list.length === 0 || !list.every((type) => typeof type === 'string' && type !== '')) {
    const expected = "expected the name of an event type such as 'OrderPlaced', or a list of them";
    throw new TypeError(`subscribe: ${expected}, got ${list.length === 0 ? 'an empty list' : String(list)}`);
  }
  if (handler === undefined) throw new TypeError(`subscribe: nothing handles ${list.join(', ')}; expected a function`);
  return Object.fromEntries(list.map((type) => [type, handler]));
}
