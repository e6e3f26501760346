// Events that eventsource-py publishes are handled here, fail here, and come back through its dead letter tools.
// Row S-10.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RawHeader } from '../../runtime/core/thread-messages.ts';
import type { Context } from '../../runtime/handler/context.ts';
import type { Event } from '../../runtime/handler/event.ts';
import { type StoredRecord, startTestRuntime, until } from '../../runtime/testing/index.ts';
import { copyOf } from './support/copy-handler.ts';
import { type Listed, useEventsource } from './support/eventsource.ts';
import { pythonPeer } from './support/peers.ts';
import { targets } from './support/targets.ts';

const python = await pythonPeer();
const copyHandler = join(import.meta.dirname, 'support', 'copy-handler.ts');

interface Order {
  readonly customer_id?: string;
  readonly metadata: object;
}

for (const target of await targets()) {
  describe.skipIf(python.missing)(`eventsource-py on ${target.name}`, () => {
    target.use();
    const { publish, consume } = useEventsource(target, () => python.path);

    test('its events are handled with the envelope from their headers', async (t) => {
      const prefix = target.fresh('es');
      const published = await publish(prefix, '--events', '100', '--aggregates', '10');
      const seen: Seen[] = [];
      await startTestRuntime(t, {
        brokers: target.addresses,
        group: { name: target.fresh('es-group'), topicPrefix: prefix },
        handlers: {
          OrderPlaced: (event: Event) => note(seen, event),
          OrderShipped: (event: Event) => note(seen, event),
        },
      });
      await until(() => seen.length >= 100, { state: () => seen.length });

      expect(sorted(seen.map(({ listed }) => listed))).toEqual(sorted(published.list));
      for (const { event } of seen) {
        const body = event.data;
        expect({ ...event, data: null }).toEqual({
          ...{ data: null, id: body.event_id, key: body.aggregate_id, aggregateType: 'Order' },
          occurredAt: new Date(String(body.occurred_at)),
          ...{ correlationId: body.correlation_id, causationId: body.causation_id ?? undefined },
          ...{ tenantId: body.tenant_id, actorId: 'user:Zoë 🚀' },
          trace: published.trace_id,
        });
      }
      const versions = Map.groupBy(seen, ({ listed }) => listed[2]);
      for (const [, ofOne] of versions)
        expect(ofOne.map(({ listed }) => listed[3])).toEqual(ofOne.map((_, n) => n + 1));
    });

    test('what always fails is dead-lettered byte for byte; its tools list and replay it', async (t) => {
      const prefix = target.fresh('es');
      const published = await publish(prefix, '--events', '60', '--aggregates', '6', '--bad', '0.3');
      expect(published.bad).toBeGreaterThan(2);
      const group = target.fresh('es-group');
      const calls: string[] = [];
      const done: string[] = [];
      const replays: (readonly [string | undefined, boolean, number])[] = [];
      const shop: { mended: boolean } = { mended: false };
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        group: { name: group, topicPrefix: prefix, retry: { maxRetries: 2, baseDelay: '10ms', jitter: 0 } },
        handler: (event: Event, ctx: Context) => {
          calls.push(event.id!);
          if (!shop.mended && (event.data as Order).customer_id === 'bad')
            throw new RangeError(`${event.id}: nö ${'x'.repeat(2_000)}`);
          done.push(event.id!);
          if (ctx.isReplay) replays.push([event.id, ctx.isReplay, ctx.replayCount]);
        },
      });
      const stream = `${prefix}.stream`;
      await rt.until(() => done.length === 60 - published.bad);
      await rt.until(async () => (await rt.deadLetters(stream)).length >= published.bad);

      const originals = new Map((await rt.read(stream)).map((record) => [header(record, 'event_id'), record]));
      const letters = await rt.deadLetters(stream);
      expect(letters).toHaveLength(published.bad);
      for (const letter of letters) {
        const original = originals.get(header(letter, 'event_id'))!;
        expect(letter.key).toEqual(original.key);
        expect(letter.value).toEqual(original.value);
        expect(letter.headers.slice(0, original.headers.length)).toEqual(original.headers);
        const id = header(original, 'event_id')!;
        expect(calls.filter((call) => call === id)).toHaveLength(3);
        expect(textHeaders(letter.headers.slice(original.headers.length))).toEqual([
          ['dlq_reason', 'max_retries_exceeded'],
          ['dlq_error_type', 'RangeError'],
          ['dlq_error_message', `${id}: nö ${'x'.repeat(1_000)}`.slice(0, 1_000)],
          ['dlq_retry_count', '2'],
          ['dlq_timestamp', expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)],
          ['dlq_original_topic', stream],
          ['dlq_original_partition', String(original.partition)],
          ['dlq_original_offset', String(original.offset)],
          ['dlq_consumer_group', group],
        ]);
      }

      const listed = await consume(prefix, '--dlq', '--limit', '1000');
      const places = (all: readonly { partition: number; offset: number }[]) =>
        all.map(({ partition, offset }) => `${partition}:${offset}`).sort();
      expect(places(listed.messages)).toEqual(places(letters));
      for (const message of listed.messages) {
        const letter = letters.find(
          ({ partition, offset }) => partition === message.partition && offset === message.offset,
        )!;
        expect(message.payload).toEqual(JSON.parse(String(letter.value)));
        expect(message.headers.dlq_reason).toBe('max_retries_exceeded');
      }

      shop.mended = true;
      const chosen = letters[0]!;
      const replay = await consume(prefix, '--replay', `${chosen.partition}:${chosen.offset}`);
      expect(replay).toMatchObject({ replayed: true });
      await rt.until(() => replays.length > 0);
      expect(replays).toEqual([[header(chosen, 'event_id'), true, 1]]);
      const again = (await rt.read(stream)).filter(
        (record) => header(record, 'event_id') === header(chosen, 'event_id'),
      );
      expect(again).toHaveLength(2);
      expect(again[1]).toMatchObject({ key: chosen.key, value: chosen.value });
    });

    test('what our handlers publish is read by it with the same fields', async (t) => {
      const prefix = target.fresh('es');
      const copy = copyOf(prefix);
      await publish(copy, '--events', '0'); // makes the topics
      await publish(prefix, '--events', '40', '--aggregates', '5');
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        group: { name: target.fresh('es-group'), topicPrefix: prefix, concurrency: { workers: 2 } },
        handlers: copyHandler, // a module, so in threads
      });
      const read = await consume(copy, '--full', '--max', '40', '--idle', '10');
      expect(read).toMatchObject({ ok: 40, failed: 0, distinct: 40, version_went_back: 0 });
      const originals = (await rt.read(`${prefix}.stream`)).map(({ value }) => JSON.parse(String(value)));
      // The first event of an aggregate has no cause of its own: ours then names the event it was made from.
      const expected = originals.map((body) => ({ ...body, causation_id: body.causation_id ?? body.event_id }));
      expect(byId(read.events.map(normal))).toEqual(byId(expected.map(normal)));
    });
  });
}

interface Seen {
  readonly listed: Listed;
  readonly event: { readonly data: Readonly<Record<string, unknown>> };
}

function note(seen: Seen[], event: Event): void {
  const { id, key, aggregateType, occurredAt, correlationId, causationId, tenantId, actorId } = event;
  const trace = String(event.headers.get('traceparent')?.map((bytes) => Buffer.from(bytes))[0]).split('-')[1];
  const data = event.data as Record<string, unknown>;
  seen.push({
    listed: [event.id!, event.type, event.aggregateId!, event.aggregateVersion!],
    event: {
      ...{ data, id, key, aggregateType, occurredAt, correlationId, causationId, tenantId, actorId },
      trace,
    } as Seen['event'],
  });
}

function header(record: StoredRecord, name: string): string | undefined {
  return record.headers.find(([key]) => key === name)?.[1]?.toString();
}

function textHeaders(headers: readonly RawHeader[]) {
  return headers.map(([name, value]) => [name, String(value)]);
}

function sorted(list: readonly Listed[]): readonly Listed[] {
  return [...list].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Times as instants: the two sides write them differently. */
function normal(event: Record<string, unknown>) {
  return { ...event, occurred_at: new Date(String(event.occurred_at)) };
}

function byId(events: readonly Record<string, unknown>[]) {
  return [...events].sort((a, b) => (String(a.event_id) < String(b.event_id) ? -1 : 1));
}
