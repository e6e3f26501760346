// Subscribers as objects: a class or an object with `subscribedTo` and `handle` as a module's default export.
import { expect, test } from 'vitest';
import { checkHandlers, type HandlerModule } from '../../../runtime/worker/check-handlers.ts';
import { groupOf } from './thread-under-test.ts';

function check(exported: unknown): HandlerModule {
  return checkHandlers({ default: exported }, { file: '/handlers/audit.ts', events: null }, groupOf());
}

function call(module: HandlerModule, type: string, data: unknown): unknown {
  const handler = module.byType.get(type) ?? module.any;
  return handler!.handle({ type, data } as never, {} as never);
}

const seen = (module: HandlerModule): readonly string[] => [...module.byType.keys(), ...(module.any ? ['*'] : [])];

class Totals {
  static subscribedTo = ['OrderPlaced', 'OrderShipped'];
  total = 0;
  handle(event: { readonly data: unknown }): number {
    this.total += event.data as number;
    return this.total;
  }
}

test('S-05: a class with a static list is made once, and its handle gets every type of the list', () => {
  const module = check(Totals);
  expect(seen(module)).toEqual(['OrderPlaced', 'OrderShipped']);
  expect(call(module, 'OrderPlaced', 2)).toBe(2);
  expect(call(module, 'OrderShipped', 3)).toBe(5);
});

test('S-05: the list may be a method, of the class or of what it makes, or a field', () => {
  class OfClass {
    static types = ['A'];
    static subscribedTo(): readonly string[] {
      return OfClass.types;
    }
    handle(): void {}
  }
  class OfInstance {
    types = ['B'];
    subscribedTo(): readonly string[] {
      return this.types;
    }
    handle(): void {}
  }
  class Field {
    subscribedTo = ['C'];
    handle(): void {}
  }
  expect([OfClass, OfInstance, Field].map((made) => seen(check(made)))).toEqual([['A'], ['B'], ['C']]);
});

test('S-05: an object is taken as it is, with what it says of threads and partitions', async () => {
  const heard: string[] = [];
  const subscriber = {
    subscribedTo: ['A'],
    name: 'mine',
    setup() {
      heard.push(`setup ${this.name}`);
    },
    onAssigned() {
      heard.push(`onAssigned ${this.name}`);
    },
    onRevoked() {
      heard.push(`onRevoked ${this.name}`);
    },
    handle() {
      return this.name;
    },
  };
  const module = check(subscriber);
  await module.life.setup?.({ group: 'g', thread: 0, signal: new AbortController().signal });
  const place = { topic: 't', partition: 0 };
  await module.life.onAssigned?.(place, undefined as never);
  await module.life.onRevoked?.({ ...place, lost: false }, undefined as never);
  expect(heard).toEqual(['setup mine', 'onAssigned mine', 'onRevoked mine']);
  expect(call(module, 'A', 0)).toBe('mine');
});

test('S-06: what is subscribed to * gets all events', () => {
  class AuditLog {
    static subscribedTo = ['*', 'OrderPlaced'];
    handle(event: { readonly type: string }): string {
      return event.type;
    }
  }
  const module = check(AuditLog);
  expect(seen(module)).toEqual(['*']);
  expect(call(module, 'Anything', null)).toBe('Anything');
});

test('a map may have event types that are called handle or subscribedTo', () => {
  const map = { handle: () => 1, subscribedTo: () => 2 };
  expect(seen(check({ handle: map.handle }))).toEqual(['handle']);
  expect(seen(check({ subscribedTo: map.subscribedTo }))).toEqual(['subscribedTo']);
});

class NoHandle {
  static subscribedTo = ['A'];
  other(): void {}
}
class NoList {
  handle(): void {}
}
class Needy {
  static subscribedTo = ['A'];
  constructor(readonlyStore: unknown) {
    void readonlyStore;
  }
  handle(): void {}
}
class Failing {
  static subscribedTo = ['A'];
  constructor() {
    throw new RangeError('no disk');
  }
  handle(): void {}
}
const listOf = (subscribedTo: unknown): unknown => ({ subscribedTo, handle() {} });

test.each([
  ['no handle', NoHandle, /class NoHandle has no method handle\(\); expected static subscribedTo/],
  ['no handle in an object', { subscribedTo: ['A'] }, /the subscriber has no method handle/],
  ['no list', NoList, /class NoList does not say what it is subscribed to; expected static subscribedTo/],
  ['no list on an instance', new NoList(), /class NoList does not say/],
  ['arguments', Needy, /class Needy cannot be made: its constructor takes 1 arguments, and it gets none/],
  ['a constructor that throws', Failing, /class Failing cannot be made: no disk/],
  ['a text as list', listOf('A'), /subscribedTo of the subscriber is string "A"; expected names of event types/],
  ['an empty list', listOf([]), /subscribedTo of the subscriber is empty/],
  ['a class in the list', listOf(['A', Totals]), /holds a class at 1; expected names/],
  ['the same type twice', listOf(['A', 'A']), /holds "A" twice/],
  ['a function', () => {}, /the default export is a function; expected export default/],
])('%s is told', (_, exported, message) => {
  expect(() => check(exported)).toThrow(message);
});
