/** A gateway that really listens, with a clock and writes that the test decides on. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { RuntimeEvents } from '../../../runtime/core/events.ts';
import type { IdempotencySettings, RouteSettings } from '../../../runtime/core/gateway-settings.ts';
import type { OutboundRecord } from '../../../runtime/core/thread-messages.ts';
import { type Gateway, startGateway } from '../../../runtime/gateway/gateway.ts';
import type { WriteResult } from '../../../runtime/gateway/outcome.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

export const orders: RouteSettings = {
  method: 'POST',
  path: '/orders',
  topic: 'orders.stream',
  type: 'OrderPlaced',
  key: { kind: 'path', path: ['customer', 'id'] },
  aggregateId: null,
  aggregateType: null,
  correlation: { kind: 'header', name: 'x-correlation-id' },
  tenant: null,
  actor: null,
  schema: null,
};

export interface Options {
  readonly routes?: readonly RouteSettings[];
  readonly idempotency?: Partial<IdempotencySettings>;
  readonly maxBodyBytes?: number;
  /** Instead of acknowledging at once. */
  readonly write?: (record: OutboundRecord) => Promise<WriteResult>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: { readonly [key: string]: unknown };
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly clock: ManualClock;
  /** What was handed over to be written. */
  readonly records: OutboundRecord[];
  readonly answered: RuntimeEvents['gateway.answered'][];
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export const order = { customer: { id: 'c-1' }, total: 5 };

export async function testGateway(options: Options = {}): Promise<TestGateway> {
  const clock = new ManualClock();
  const records: OutboundRecord[] = [];
  const answered: RuntimeEvents['gateway.answered'][] = [];
  const written = async ({ topic }: OutboundRecord): Promise<WriteResult> => {
    return { kind: 'written', place: { topic, partition: 1, offset: records.length - 1 } };
  };
  let ids = 0;
  const gateway = await startGateway({
    settings: {
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: options.maxBodyBytes ?? 65_536,
      idempotency: { header: 'idempotency-key', ttlMs: 60_000, max: 100, ...options.idempotency },
      routes: options.routes ?? [orders],
    },
    write: (record) => {
      records.push(record);
      return (options.write ?? written)(record);
    },
    clock,
    emit: (name, event) => {
      if (name === 'gateway.answered') answered.push(event as RuntimeEvents['gateway.answered']);
    },
    newId: () => `id-${++ids}`,
  });
  onTestFinished(() => gateway.close());
  const port = Number(new URL(gateway.url).port);
  const json = { 'content-type': 'application/json' };
  return {
    ...{ gateway, port, clock, records, answered },
    post: (body, headers) => {
      const bytes = Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body);
      return send(port, 'POST', '/orders', bytes, { ...json, ...headers });
    },
  };
}

/** Not `fetch`: it keeps connections, and takes headers away. */
export function send(
  port: number,
  method: string,
  path: string,
  body: string | Buffer = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const { statusCode, headers: given } = response;
      text(response).then((got) => resolve({ status: statusCode!, headers: given, body: JSON.parse(got) }), reject);
    });
    // With a text Node writes the headers in UTF-8 too, and not as they are.
    sent.on('error', reject).end(Buffer.from(body));
  });
}
