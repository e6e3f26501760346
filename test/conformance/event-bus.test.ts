// One suite for both buses: what a program may rely on does not depend on what carries its events (row S-12). On Kafka it
// runs on the embedded broker, and on Apache Kafka where there is one.
import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createKafkaBus,
  createMemoryBus,
  type Event,
  type EventBus,
  NonRetryableError,
  RetryableError,
} from '../../runtime/index.ts';
import { until } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';

interface BusUnderTest {
  /** A bus of another group on the same topics, where `beside` is given. */
  open(
    topic: string,
    group: object,
    options?: { readonly name?: string; readonly beside?: EventBus },
  ): Promise<EventBus>;
  /** A topic that nobody else has, and its dead letter topic, with this many partitions. */
  topic(partitions: number): Promise<string>;
}

const quick = { retry: { maxRetries: 2, baseDelay: '5ms', maxDelay: '10ms' } };

function manifestOf(name: string, group: object, extra: object = {}) {
  return { ...extra, groups: { [name]: group }, shutdown: { timeout: '20s' } };
}

for (const target of await targets()) {
  describe(`Kafka bus on ${target.name}`, () => {
    target.use();
    conformance({
      async topic(partitions) {
        const topic = await target.makeTopic('bus', partitions);
        target.owns(`${topic}.dlq`);
        return topic;
      },
      async open(topic, group, { name = `bus-${randomUUID()}` } = {}) {
        const manifest = manifestOf(name, { topics: [topic], ...group }, { kafka: { clientId: 'bus-under-test' } });
        return createKafkaBus({ group: name, manifest, brokers: target.brokers, env: {}, logs: false });
      },
    });
  });
}

describe('bus in memory', () => {
  let partitionsOfTopic = 1;
  conformance({
    async topic(partitions) {
      partitionsOfTopic = partitions;
      return 'orders';
    },
    async open(topic, group, { name = 'orders', beside } = {}) {
      const manifest = manifestOf(name, { topics: [topic], ...group });
      const memory = beside === undefined ? { partitions: partitionsOfTopic } : { beside };
      return createMemoryBus({ group: name, manifest, ...memory, env: {}, logs: false });
    },
  });
});

function conformance({ open, topic: makeTopic }: BusUnderTest): void {
  async function bus(topic: string, group: object = {}, options: Parameters<BusUnderTest['open']>[2] = {}) {
    const opened = await open(topic, { ...quick, ...group }, options);
    onTestFinished(async () => void (await opened.stop()));
    return opened;
  }

  const placed = (key: string, n: number) => ({ type: 'OrderPlaced', key, data: { n } });

  test('S-12: publish resolves with the places, subscribers get the events of their types, subscribeAll gets all', async () => {
    const orders = await bus(await makeTopic(1));
    const seen: string[] = [];
    orders.subscribe<{ n: number }>('OrderPlaced', (event, ctx) => {
      seen.push(`placed ${event.data.n} ${event.key} ${ctx.group === orders.topics()[0]?.group}`);
    });
    orders.subscribe(['OrderShipped', 'OrderPaid'], { handle: ({ type }) => void seen.push(`other ${type}`) });
    orders.subscribeAll(({ type }) => void seen.push(`all ${type}`));
    await orders.start();
    const places = await orders.publish([placed('o-1', 1), { type: 'OrderPaid', key: 'o-1', data: {} }]);
    const topic = orders.topics()[0]!.topic;
    expect(places).toEqual([
      { topic, partition: 0, offset: 0n },
      { topic, partition: 0, offset: 1n },
    ]);
    await until(() => seen.length === 4);
    expect(seen).toEqual(['placed 1 o-1 true', 'all OrderPlaced', 'other OrderPaid', 'all OrderPaid']);
  });

  test('S-05, S-06: classes and objects say themselves what they are subscribed to', async () => {
    const orders = await bus(await makeTopic(1));
    const seen: string[] = [];
    class Projection {
      static subscribedTo = ['OrderPlaced', 'OrderShipped'];
      handle({ type }: Event): void {
        seen.push(`projection ${type}`);
      }
    }
    orders.subscribe(Projection);
    orders.subscribe({ subscribedTo: ['*'], handle: ({ type }: Event) => void seen.push(`audit ${type}`) });
    await orders.start();
    await orders.publish(['OrderPlaced', 'OrderPaid', 'OrderShipped'].map((type) => ({ type, key: 'k', data: {} })));
    await until(() => seen.length === 5);
    expect(seen).toEqual([
      'projection OrderPlaced',
      'audit OrderPlaced',
      'audit OrderPaid',
      'projection OrderShipped',
      'audit OrderShipped',
    ]);
  });

  test('events of one key are handled in order, one at a time, also while one of them is tried again', async () => {
    const orders = await bus(await makeTopic(3));
    const seen = new Map<string, number[]>();
    const running = new Set<string>();
    let overlaps = 0;
    let failures = 0;
    orders.subscribe<{ n: number }>('OrderPlaced', async (event, ctx) => {
      const key = event.key!;
      if (running.has(key)) overlaps++;
      running.add(key);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(key);
      if (event.data.n % 5 === 0 && ctx.attempt === 1) {
        failures++;
        throw new RetryableError('once', { delay: 3 });
      }
      seen.set(key, [...(seen.get(key) ?? []), event.data.n]);
    });
    await orders.start();
    const keys = ['a', 'b', 'c', 'd'];
    for (let n = 1; n <= 20; n++) void orders.publish(keys.map((key) => placed(key, n)));
    await until(() => [...seen.values()].flat().length === 80);
    for (const key of keys) expect(seen.get(key)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect({ overlaps, failures }).toEqual({ overlaps: 0, failures: 16 });
  });

  test('what fails is tried again as often as the policy says, then it is a dead letter, and the key goes on', async () => {
    const orders = await bus(await makeTopic(1));
    const calls: string[] = [];
    orders.subscribe<{ n: number }>('OrderPlaced', (event, ctx) => {
      calls.push(`${event.data.n} attempt ${ctx.attempt} of ${ctx.maxRetries + 1}`);
      if (event.data.n === 1) throw new Error('not today');
      if (event.data.n === 2) throw new NonRetryableError('never');
    });
    await orders.start();
    await orders.publish([1, 2, 3].map((n) => placed('k', n)));
    await until(() => calls.includes('3 attempt 1 of 3'));
    expect(calls).toEqual([
      '1 attempt 1 of 3',
      '1 attempt 2 of 3',
      '1 attempt 3 of 3',
      '2 attempt 1 of 3',
      '3 attempt 1 of 3',
    ]);
    expect(await orders.deadLetters.count()).toBe(2);
    const letters = await orders.deadLetters.list();
    expect(letters.map(({ reason, error, retries }) => ({ reason, message: error.message, retries }))).toEqual([
      { reason: 'handler_error', message: 'never', retries: 0 },
      { reason: 'max_retries_exceeded', message: 'not today', retries: 2 },
    ]);
    expect(await orders.deadLetters.list({ limit: 1 })).toHaveLength(1);
    const topic = orders.topics()[0]!;
    expect(letters[0]).toMatchObject({
      topic: topic.deadLetterTopic,
      eventType: 'OrderPlaced',
      group: topic.group,
      original: { topic: topic.topic, partition: 0, offset: 1n },
    });
  });

  test('a subscriber that has succeeded does not run again because another one fails', async () => {
    const orders = await bus(await makeTopic(1));
    const calls: string[] = [];
    orders.subscribe('OrderPlaced', () => void calls.push('first'));
    orders.subscribe('OrderPlaced', (_, { attempt }) => {
      calls.push(`second ${attempt}`);
      if (attempt < 3) throw new Error('again');
    });
    await orders.start();
    await orders.publish(placed('k', 1));
    await until(() => calls.includes('second 3'));
    expect(calls).toEqual(['first', 'second 1', 'second 2', 'second 3']);
  });

  test('a dead letter that is replayed is handled again, says so, and stays in the list', async () => {
    const orders = await bus(await makeTopic(1));
    const calls: (readonly [number, boolean])[] = [];
    orders.subscribe<{ n: number }>('OrderPlaced', (event, ctx) => {
      calls.push([event.data.n, ctx.isReplay]);
      if (!ctx.isReplay) throw new NonRetryableError('no');
    });
    await orders.start();
    await orders.publish(placed('k', 7));
    await until(async () => calls.length === 1 && orders.stats().messages_sent_to_dlq === 1);
    const [letter] = await orders.deadLetters.list();
    const replayed = await orders.deadLetters.replay(letter!);
    expect(replayed).toEqual({ topic: orders.topics()[0]!.topic, partition: 0, offset: 1n, replayCount: 1 });
    await until(() => calls.length === 2);
    expect(calls).toEqual([
      [7, false],
      [7, true],
    ]);
    expect(await orders.deadLetters.count()).toBe(1);
    await expect(orders.deadLetters.replay({ partition: 0, offset: 99n })).rejects.toMatchObject({
      code: 'RT_DEAD_LETTER_MISSING',
    });
    await expect(orders.deadLetters.replay({ topic: 'elsewhere', partition: 0, offset: 0n })).rejects.toMatchObject({
      code: 'RT_USAGE',
    });
  });

  test('S-49: every group gets every event, and the failures of one are not those of the other', async () => {
    const topic = await makeTopic(1);
    const billing = await bus(topic);
    const audit = await bus(topic, { dlq: { enabled: false } }, { name: `audit-${randomUUID()}`, beside: billing });
    const seen: string[] = [];
    billing.subscribe('OrderPlaced', ({ key }) => {
      seen.push(`billing ${key}`);
      throw new NonRetryableError('no');
    });
    audit.subscribeAll(({ key }) => void seen.push(`audit ${key}`));
    await Promise.all([billing.start(), audit.start()]);
    await billing.publish([placed('a', 1), placed('b', 2)]);
    await until(() => seen.length === 4 && billing.stats().messages_sent_to_dlq === 2);
    expect(seen.filter((line) => line.startsWith('audit'))).toEqual(['audit a', 'audit b']);
    expect(seen.filter((line) => line.startsWith('billing'))).toEqual(['billing a', 'billing b']);
    expect(audit.stats()).toMatchObject({ messages_sent_to_dlq: 0, handler_errors: 0 });
  });

  test('what a handler publishes reaches the others, with its cause', async () => {
    const topic = await makeTopic(1);
    const orders = await bus(topic);
    const seen: (readonly [string, string | undefined])[] = [];
    let cause: string | undefined;
    orders.subscribe('OrderPlaced', async (event, ctx) => {
      cause = event.id;
      const places = await ctx.publish({ topic, type: 'OrderPaid', key: event.key, data: {} });
      seen.push([`published at ${places[0]?.offset}`, undefined]);
    });
    orders.subscribe('OrderPaid', (event) => void seen.push([event.type, event.causationId]));
    await orders.start();
    await orders.publish(placed('k', 1));
    await until(() => seen.length === 2);
    expect(new Map(seen)).toEqual(
      new Map([
        ['published at 1', undefined],
        ['OrderPaid', cause],
      ]),
    );
  });

  test('what is published before start is handled after it; a stop finishes what runs; a bus goes on where it was', async () => {
    const orders = await bus(await makeTopic(1));
    const seen: number[] = [];
    const gate = Promise.withResolvers<void>();
    let entered = false;
    orders.subscribe<{ n: number }>('OrderPlaced', async (event) => {
      if (event.data.n === 2) {
        entered = true;
        await gate.promise;
      }
      seen.push(event.data.n);
    });
    await orders.publish(placed('k', 1));
    expect(orders.health().consuming).toBe(false);
    await orders.start();
    await orders.publish(placed('k', 2));
    await until(() => entered);
    const stopped = orders.stop();
    gate.resolve();
    expect(await stopped).toEqual({ exitCode: 0, error: null });
    expect(seen).toEqual([1, 2]);
    expect(orders.health().consuming).toBe(false);
    orders.subscribe('OrderShipped', () => {});
    await orders.publish(placed('k', 3)); // nobody is there
    await orders.start();
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('a stop that comes right after start ends it, and a start that comes right after stop begins anew', async () => {
    const orders = await bus(await makeTopic(1));
    const seen: number[] = [];
    orders.subscribe<{ n: number }>('OrderPlaced', (event) => void seen.push(event.data.n));
    const started = orders.start();
    const stopped = orders.stop();
    await Promise.all([started, stopped]);
    expect(orders.health().consuming).toBe(false);
    await orders.start();
    const again = orders.stop();
    await orders.start();
    expect(await again).toEqual({ exitCode: 0, error: null });
    await orders.publish(placed('k', 1));
    await until(() => seen.length === 1);
  });

  test('S-07: what is published after start is handled, also with from: latest', async () => {
    const orders = await bus(await makeTopic(3), { from: 'latest' });
    const seen: number[] = [];
    orders.subscribe<{ n: number }>('OrderPlaced', (event) => void seen.push(event.data.n));
    await orders.publish([0, 1, 2].map((partition) => ({ ...placed('k', -1), partition })));
    await orders.start();
    expect(orders.health().groups[0]?.partitions).toBe(3);
    await orders.publish([0, 1, 2].map((partition) => ({ ...placed('k', partition), partition })));
    await until(() => seen.length === 3);
    expect(seen.toSorted()).toEqual([0, 1, 2]);
  });

  test('what comes while a bus with from: latest is stopped before it has handled anything is handled later', async () => {
    const orders = await bus(await makeTopic(1), { from: 'latest' });
    const seen: number[] = [];
    orders.subscribe<{ n: number }>('OrderPlaced', (event) => void seen.push(event.data.n));
    await orders.publish([placed('k', -1)]);
    await orders.start();
    await orders.stop();
    await orders.publish([placed('k', 0), placed('k', 1)]);
    await orders.start();
    await until(() => seen.length === 2);
    expect(seen).toEqual([0, 1]);
  });

  test('stats and health tell what happened', async () => {
    const orders = await bus(await makeTopic(1), { retry: { ...quick.retry, maxRetries: 0 } });
    orders.subscribe<{ n: number }>('OrderPlaced', ({ data }) => {
      if (data.n === 2) throw new Error('no');
    });
    expect(orders.stats()).toMatchObject({ events_published: 0, connected_at: null });
    expect(orders.health()).toMatchObject({ status: 'healthy', connected: false, consuming: false });
    await orders.start();
    await orders.publish([placed('k', 1), placed('k', 2), placed('k', 3)]);
    await until(() => orders.stats().events_processed_success === 2);
    expect(orders.stats()).toMatchObject({
      events_consumed: 3,
      events_processed_failed: 1,
      messages_sent_to_dlq: 1,
      handler_errors: 1,
    });
    // Of the three events, and in the dead letter's case of what the group itself has written.
    expect(orders.stats().events_published).toBe(4);
    expect(orders.health()).toMatchObject({
      status: 'healthy',
      connected: true,
      consuming: true,
      groups: [{ state: 'joined', partitions: 1 }],
    });
    await orders.stop();
    expect(orders.health()).toMatchObject({ connected: false, consuming: false });
  });

  test('what cannot be is told where it was said', async () => {
    const orders = await bus(await makeTopic(1));
    await expect(orders.start()).rejects.toThrow('event bus: nobody is subscribed: subscribe() before start()');
    expect(() => orders.subscribe('OrderPlaced', 5 as never)).toThrow(/"OrderPlaced" is number 5; expected a function/);
    expect(() => orders.subscribe({ subscribedTo: [], handle() {} })).toThrow(
      /subscribedTo of the subscriber is empty/,
    );
    expect(() => orders.subscribe([], () => {})).toThrow(/expected the name of an event type.*, got an empty list/);
    expect(() => orders.subscribe('A', undefined as never)).toThrow(/nothing handles A; expected a function/);
    orders.subscribe('OrderPlaced', () => {});
    await orders.start();
    expect(() => orders.subscribe('B', () => {})).toThrow(
      /it is running: subscribe before start\(\), or after stop\(\)/,
    );
    await expect(orders.publish({ type: '', data: {} })).rejects.toThrow(/publish: type: expected/);
    await expect(orders.publish({ type: 'A', data: {}, partition: 9 })).rejects.toMatchObject({
      code: 'RT_PUBLISH_INVALID',
    });
  });
}
