// A TypeScript and a Python service share topics: what one publishes, gives up or leaves off, the other goes on with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createPublisher } from '../../runtime/create-publisher.ts';
import type { DeadLetter } from '../../runtime/dead-letters/dead-letter.ts';
import { openDeadLetters } from '../../runtime/dead-letters/open-dead-letters.ts';
import type { Context } from '../../runtime/handler/context.ts';
import type { Event } from '../../runtime/handler/event.ts';
import type { OutboundEvent } from '../../runtime/handler/outbound-event.ts';
import { startTestRuntime, until } from '../../runtime/testing/index.ts';
import { producerSettings } from '../../runtime/testing/producer-settings.ts';
import { pythonPeersFolder } from '../../scripts/real/python.ts';
import { quickInline } from '../scenarios/support/quick.ts';
import { copyOf } from './support/copy-handler.ts';
import { EventsourceSession, type PythonBus, type ShownEvent } from './support/eventsource-session.ts';
import { pythonPeer } from './support/peers.ts';
import { targets } from './support/targets.ts';

const python = await pythonPeer();
const copyHandler = join(import.meta.dirname, 'support', 'copy-handler.ts');

for (const target of await targets()) {
  describe.skipIf(python.missing)(`sharing topics with eventsource-py on ${target.name}`, { timeout: 120_000 }, () => {
    target.use();
    let session: EventsourceSession;
    beforeAll(() => {
      session = new EventsourceSession(python.path, target.brokers);
    });
    afterAll(() => session.close());

    const own = (prefix: string): string => {
      target.owns(`${prefix}.stream`, `${prefix}.stream.dlq`);
      return prefix;
    };

    async function publisher() {
      const opened = await createPublisher({ kafka: { brokers: target.brokers } });
      onTestFinished(() => opened.close());
      return opened;
    }

    async function openLetters() {
      const { letters, close } = await openDeadLetters({
        kafka: {
          ...{ brokers: target.addresses, clientId: 'letters', client: 'kafkajs' },
          ...{ requestTimeoutMs: 30_000, maxResponseBytes: 100 * 1024 * 1024 },
        },
        producer: producerSettings(),
      });
      onTestFinished(close);
      return letters;
    }

    const untilHandled = (bus: PythonBus, count: number) =>
      until(async () => (await bus.handled()).length >= count, { withinMs: 60_000, state: () => bus.handled() });

    test('S-10: a field of every type goes from Python to TypeScript and back, through ctx.publish and createPublisher', async () => {
      const prefix = own(target.fresh('rich'));
      const [copy, second] = [own(copyOf(prefix)), own(target.fresh('rich'))];
      const published = await session.publish(prefix);
      await session.makeTopics(copy);
      await session.makeTopics(second);
      const copied = await session.open({ prefix: copy, group: target.fresh('py') });
      const published2 = await session.open({ prefix: second, group: target.fresh('py') });

      const events: OutboundEvent[] = [];
      const group = { ...quickInline, topicPrefix: prefix };
      const settings = { brokers: target.addresses };
      const rt = await startTestRuntime(
        { onTestFinished },
        {
          ...settings,
          group: { ...group, name: target.fresh('ours') },
          handler: (event: Event) => void events.push(outbound(event, `${second}.stream`)),
        },
      );
      await startTestRuntime(
        { onTestFinished },
        {
          ...settings,
          group: { ...group, concurrency: { workers: 2 }, name: target.fresh('ours') },
          handlers: copyHandler, // a module, so in threads
        },
      );
      await rt.until(() => events.length === published.length);
      const byVersion = events.toSorted((a, b) => a.aggregateVersion! - b.aggregateVersion!);
      expect(byVersion.map(({ data }) => ownFields(data))).toEqual(jsonOfSamples);
      expect(byVersion[1]).toMatchObject({
        ...{ type: 'Rich', aggregateType: 'Order', aggregateVersion: 2, id: id(101), aggregateId: id(1), key: id(1) },
        ...{ tenantId: id(7), actorId: 'user:Zoë 🚀', causationId: id(100), correlationId: id(200) },
        occurredAt: new Date('2025-01-02T03:04:05.120Z'),
      });
      expect(byVersion[5]!.occurredAt).toEqual(new Date('2025-01-02T03:04:05Z')); // was in another zone
      await (await publisher()).publish(events);

      await untilHandled(published2, published.length);
      expect(byId(await published2.close())).toEqual(byId(published.map(withCause(false))));
      await untilHandled(copied, published.length);
      // What a handler publishes names the event that it was handling as its cause, where nothing else was said.
      expect(byId(await copied.close())).toEqual(byId(published.map(withCause(true))));
    });

    test('S-10: the records of golden.json are the same to Python when we have written them', async () => {
      const prefix = own(target.fresh('golden'));
      const stream = `${prefix}.stream`;
      const seen: OutboundEvent[] = [];
      const rt = await startTestRuntime(
        { onTestFinished },
        {
          brokers: target.addresses,
          group: { ...quickInline, name: target.fresh('ours'), topicPrefix: prefix },
          handler: (event: Event) => void seen.push(outbound(event, stream)),
        },
      );
      const events = golden.filter(({ name }) => goldenEvents.includes(name));
      expect(events).toHaveLength(goldenEvents.length);
      await rt.publish(
        stream,
        events.map(({ key, value, headers }) => ({
          ...{ key: Buffer.from(key), value: Buffer.from(value, 'base64') },
          headers: headers.map(([name, text]) => [name, Buffer.from(text)] as const),
        })),
      );
      await rt.until(() => seen.length === events.length);
      await rt.stop();
      await (await publisher()).publish(seen);
      const bus = await session.open({ prefix, group: target.fresh('py') });
      await untilHandled(bus, 2 * events.length);
      const pairs = Map.groupBy(await bus.close(), ({ event_id }) => event_id!);
      expect(pairs.size).toBe(events.length);
      for (const [, [theirs, ours]] of pairs) expect(ours).toEqual(withinJavaScript(theirs!));
    });

    test('S-67, S-68: dead letters of Python are listed and sent back from here, and Python handles them', async () => {
      const prefix = own(target.fresh('letters'));
      const [stream, group] = [`${prefix}.stream`, target.fresh('py')];
      const letters = await openLetters();
      const from = { topic: `${stream}.dlq`, sources: [stream], maxReplays: 3 };
      await session.makeTopics(prefix);
      const events = ['bad', 'good', 'bad'].map((customer, n) => placed(stream, n, n, customer));
      await (await publisher()).publish(events);
      const broken = await session.open({ prefix, group, fail: ['bad'] });
      await until(async () => (await letters.count(from.topic)).records === 2, { withinMs: 60_000 });
      const listed: DeadLetter[] = [];
      for await (const letter of letters.list(from.topic, { order: 'oldest' })) listed.push(letter);
      expect(new Set(listed.map(({ eventId }) => eventId))).toEqual(new Set([events[0]!.id, events[2]!.id]));
      for (const letter of listed) {
        const body = JSON.parse(String(letter.value));
        expect(body).toMatchObject({ event_id: letter.eventId, customer_id: 'bad' });
        expect(letter).toMatchObject({
          ...{ eventType: 'OrderPlaced', reason: 'max_retries_exceeded', retries: 1, replayCount: 0, group },
          error: { name: 'ValueError', message: 'no customer bad: nö' },
          ...{ key: Buffer.from(body.aggregate_id), original: { topic: stream }, failedAt: expect.any(Date) },
        });
      }
      // It fails once more, comes back as a letter that says so, and goes a second time from there.
      expect(await letters.replay(from, listed[0]!)).toMatchObject({ topic: stream, replayCount: 1 });
      await until(async () => (await letters.count(from.topic)).records === 3, { withinMs: 60_000 });
      await broken.close();
      const again = (await letters.list(from.topic, { limit: 1 }).next()).value!;
      expect(again).toMatchObject({ eventId: listed[0]!.eventId, replayCount: 1 });
      const mended = await session.open({ prefix, group });
      await letters.replay(from, again);
      await letters.replay(from, listed[1]!);
      const isMended = (event: ShownEvent) => event.customer_id === "'bad'";
      await until(async () => (await mended.handled()).filter(isMended).length === 2, { withinMs: 60_000 });
      const handled = (await mended.close()).filter(isMended);
      expect(new Set(handled.map(({ event_id }) => event_id))).toEqual(
        new Set([0, 2].map((n) => `UUID('${events[n]!.id}')`)),
      );
    });

    test('S-68: replays are counted on whoever makes them: ours, then those of Python', async () => {
      const prefix = own(target.fresh('replays'));
      const stream = `${prefix}.stream`;
      const from = { topic: `${stream}.dlq`, sources: [stream], maxReplays: 3 };
      const letters = await openLetters();
      const counts: (readonly [boolean, number])[] = [];
      const rt = await startTestRuntime(
        { onTestFinished },
        {
          brokers: target.addresses,
          group: { ...quickInline, name: target.fresh('ours'), topicPrefix: prefix, retry: { maxRetries: 0 } },
          handlers: {
            OrderPlaced: (_: Event, ctx: Context) => {
              counts.push([ctx.isReplay, ctx.replayCount]);
              throw new Error('no');
            },
          },
        },
      );
      await (await publisher()).publish(placed(stream, 0, 1, 'bad'));
      const bus = await session.open({ prefix, group: target.fresh('py') });
      for (const round of [1, 2, 3]) {
        await rt.until(async () => (await letters.count(from.topic)).records === round);
        const { value: letter } = await letters.list(from.topic, { limit: 1 }).next();
        expect(letter).toMatchObject({ replayCount: round - 1 });
        const { partition, offset } = letter!;
        if (round === 2) expect(await bus.replay(partition, Number(offset))).toEqual({ replayed: true });
        else await letters.replay(from, { partition, offset });
      }
      await rt.until(() => counts.length === 4);
      expect(counts).toEqual([0, 1, 2, 3].map((count) => [count > 0, count]));
      // Python sees three replays too, and asks to be forced.
      await rt.until(async () => (await letters.count(from.topic)).records === 4);
      const { value: last } = await letters.list(from.topic, { limit: 1 }).next();
      const refused = await bus.replay(last!.partition, Number(last!.offset));
      expect(refused).toMatchObject({ replayed: false, error: expect.stringContaining('has been replayed 3 times') });
      await bus.close();
    });

    test('a group moves from Python to TypeScript and back under load, without loss or duplicates', async () => {
      const prefix = own(target.fresh('moving'));
      const [stream, group] = [`${prefix}.stream`, target.fresh('moving')];
      await session.makeTopics(prefix);
      const out = await publisher();
      let [published, stopped] = [0, false];
      const publishing = (async () => {
        for (; !stopped; published++)
          await out.publish(placed(stream, published % 8, published, `customer ${published}`));
      })();
      onTestFinished(async () => {
        stopped = true;
        await publishing.catch(() => {});
      });

      const first = await session.open({ prefix, group });
      await untilHandled(first, 60);
      const inPython = (await first.close()).map(({ event_id }) => event_id!.slice(6, -2));

      const inTypeScript: string[] = [];
      const rt = await startTestRuntime(
        { onTestFinished },
        {
          brokers: target.addresses,
          group: { ...quickInline, name: group, topicPrefix: prefix },
          handler: (event: Event) => void inTypeScript.push(event.id!),
        },
      );
      await rt.until(() => inTypeScript.length >= 60);
      expect(await rt.stop()).toMatchObject({ exitCode: 0 });

      const second = await session.open({ prefix, group });
      const before = published;
      await until(() => published > before + 60);
      stopped = true;
      await publishing;
      await untilHandled(second, published - inPython.length - inTypeScript.length);
      const backInPython = (await second.close()).map(({ event_id }) => event_id!.slice(6, -2));

      const all = [...inPython, ...inTypeScript, ...backInPython];
      for (const part of [inPython, inTypeScript, backInPython]) expect(part.length).toBeGreaterThanOrEqual(60);
      // Each aggregate's events once, and in their order, over all three of them.
      for (let aggregate = 0; aggregate < 8; aggregate++) {
        const ofOne = all.filter((eventId) => number(eventId) % 8 === aggregate);
        const expected = Array.from({ length: published }, (_, n) => id(1_000 + n)).filter(
          (eventId) => number(eventId) % 8 === aggregate,
        );
        expect(ofOne).toEqual(expected);
      }
      expect(all).toHaveLength(published);
    });
  });
}

interface Golden {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly headers: readonly (readonly [string, string])[];
}

const golden: readonly Golden[] = JSON.parse(readFileSync(join(pythonPeersFolder, 'golden.json'), 'utf8')).records;
const goldenEvents = ['plain', 'traced', 'all ids', 'unicode and offset time zone', 'rich field types'];

/** What the samples of `eventsource_session.py` are in JSON; their first one, and what the others have instead. */
const sample = {
  ...{
    price: '10.50',
    ship_to: { street: 'Große Straße 1', zip: null },
    due: '2025-02-03',
    at: '2025-01-02T03:04:05Z',
  },
  ...{ gap: 'PT1H1.5S', raw: 'ab', kind: 'a', note: null, big: 2 ** 53 - 1, f: 100, tags: ['a'], metadata: {} },
};
const jsonOfSamples = [
  {},
  { metadata: { n: 1, ü: ['客', null] } },
  { price: '-123456789012345678901234567890.000000001', f: 1e21, gap: expect.stringMatching(/^-P/) },
  { price: '1E+3', f: -0.5, note: '"q" </é \t\u2028 \ud7ff', kind: 'b', tags: [], raw: '' },
  { at: '1969-12-31T23:59:59.999999+05:45', due: '9999-12-31', big: -(2 ** 53) + 1 },
  { ship_to: { street: '', zip: '0\x00' }, note: '' },
].map((own, n) => ({ ...sample, ref: id(300 + n), ...own }));

/** A uuid as `eventsource_session.py` makes it of a number. */
function id(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Of the number in an id, counted from the first event. */
function number(eventId: string): number {
  return Number.parseInt(eventId.slice(24), 16) - 1_000;
}

function placed(topic: string, aggregate: number, n: number, customer: string): OutboundEvent {
  return {
    ...{ topic, type: 'OrderPlaced', id: id(1_000 + n), aggregateId: id(aggregate), aggregateType: 'Order' },
    ...{ aggregateVersion: Math.floor(n / 8) + 1, data: { customer_id: customer, total_amount: 1.5 } },
  };
}

/** The same event again, to another topic. */
function outbound(event: Event, topic: string): OutboundEvent {
  const { type, id: eventId, key, data, aggregateId, aggregateType, aggregateVersion, occurredAt } = event;
  const { correlationId, causationId, tenantId, actorId } = event;
  const given = { id: eventId, aggregateId, aggregateType, aggregateVersion, occurredAt };
  const ids = { correlationId, causationId, tenantId, actorId };
  const said = Object.entries({ ...given, ...ids }).filter(([, value]) => value !== undefined);
  return { topic, type, key, data, ...Object.fromEntries(said) };
}

const envelopeFields = new Set([
  ...['event_id', 'event_type', 'event_version', 'occurred_at', 'aggregate_id', 'aggregate_type', 'aggregate_version'],
  ...['tenant_id', 'actor_id', 'correlation_id', 'causation_id'],
]);

function ownFields(data: unknown): object {
  return Object.fromEntries(Object.entries(data as object).filter(([name]) => !envelopeFields.has(name)));
}

function withCause(inHandler: boolean) {
  return (event: ShownEvent): ShownEvent =>
    inHandler && event.causation_id === 'None' ? { ...event, causation_id: event.event_id! } : event;
}

/** What JavaScript cannot hold: a Date has milliseconds, a number 53 bits. */
function withinJavaScript(event: ShownEvent): ShownEvent {
  const withoutMicroseconds = event.occurred_at!.replace(/\.(\d{3})\d{3}/, (_, milliseconds: string) =>
    milliseconds === '000' ? '' : `.${milliseconds}000`,
  );
  const big = event.big === '9223372036854775808' ? { big: '9223372036854776000' } : {};
  return { ...event, occurred_at: withoutMicroseconds, ...big };
}

function byId(events: readonly ShownEvent[]): readonly ShownEvent[] {
  return events.toSorted((a, b) => (a.event_id! < b.event_id! ? -1 : 1));
}
