/** From a request to the record that is written: where its route says that key, ids and tenant are, and nowhere else. */
import type { RequestSource, RouteSettings } from '../core/gateway-settings.ts';
import { atPath } from '../core/json-path.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { toRecord } from '../handler/envelope.ts';
import { type Refused, refused } from './answer.ts';
import type { Body } from './body.ts';
import { gatewayLimits } from './limits.ts';

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface EventRecord {
  readonly kind: 'record';
  /** Of the event. */
  readonly id: string;
  readonly record: OutboundRecord;
}

export interface EventMaker {
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly wallTime: number;
}

const noCause = { id: undefined, correlationId: undefined };

export function eventOf(
  route: RouteSettings,
  headers: RequestHeaders,
  body: Body,
  { newId, wallTime }: EventMaker,
): EventRecord | Refused {
  const faults: string[] = [];
  const read = (name: string, source: RequestSource | null, required: boolean): string | undefined => {
    if (source === null) return undefined;
    const found = valueAt(source, headers, body.value);
    if (found.kind === 'text') return found.text;
    if (required || found.kind === 'wrong')
      faults.push(`${shown(source)}: want ${found.want} (the ${name} of the event)`);
    return undefined;
  };
  const id = newId();
  const aggregateId = read('aggregate id', route.aggregateId, true);
  const key = read('key', route.key, true);
  const tenantId = read('tenant id', route.tenant, true);
  const actorId = read('actor id', route.actor, true);
  const correlationId = read('correlation id', route.correlation, false);
  if (faults.length > 0) return refused(400, 'the request lacks what its route needs', faults);
  const event = {
    ...{ topic: route.topic, type: route.type, id, data: body.value },
    ...(route.aggregateType !== null && { aggregateType: route.aggregateType }),
    ...(aggregateId !== undefined && { aggregateId }),
    ...(key !== undefined && { key }),
    ...(tenantId !== undefined && { tenantId }),
    ...(actorId !== undefined && { actorId }),
    ...(correlationId !== undefined && { correlationId }),
  };
  return { kind: 'record', id, record: toRecord(event, noCause, wallTime, newId) };
}

type Found =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' | 'wrong'; readonly want: string };

function valueAt(source: RequestSource, headers: RequestHeaders, body: Body['value']): Found {
  return source.kind === 'header' ? inHeader(headers[source.name]) : inBody(atPath(body, source.path));
}

function inHeader(value: string | readonly string[] | undefined): Found {
  const want = `a header of 1 to ${gatewayLimits.headerValueLength} characters, once`;
  if (value === undefined || value === '') return { kind: 'missing', want };
  if (typeof value !== 'string' || value.length > gatewayLimits.headerValueLength) return { kind: 'wrong', want };
  // HTTP hands headers on as latin1, whatever they are.
  return { kind: 'text', text: Buffer.from(value, 'latin1').toString() };
}

function inBody(value: unknown): Found {
  const want = 'a text that is not empty, or a number';
  if (value === undefined || value === null || value === '') return { kind: 'missing', want };
  if (typeof value === 'string') return { kind: 'text', text: value };
  return typeof value === 'number' ? { kind: 'text', text: String(value) } : { kind: 'wrong', want };
}

/** As it is written in the manifest. */
function shown(source: RequestSource): string {
  if (source.kind === 'header') return `header:${source.name}`;
  return `$${source.path.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('')}`;
}
