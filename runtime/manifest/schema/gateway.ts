import { listenHost, listenPort } from './listen.ts';
import { section, type ValueOf } from './section.ts';
import { legalTopic } from './topics.ts';

const source = {
  type: ['string', 'null'],
  maxLength: 255,
  pattern: "^(header:[A-Za-z0-9!#$%&'*+.^_|~-]+|\\$(\\.[A-Za-z_][A-Za-z0-9_-]*|\\[[0-9]+\\])+)$",
  want: 'header:<name>, a path in the body such as $.customer.id, or null',
  default: null,
} as const;

const name = { minLength: 1, maxLength: 255 } as const;

/** Of a route that does not say where the correlation id is. */
export const correlationDefault = 'header:x-correlation-id';

/** Keys, defaults and limits of one route. */
const routeOptions = {
  topic: { ...legalTopic, description: 'Topic that the event is written to.' },
  type: { ...name, type: 'string', description: 'Type of the event; one of schemas.events where there are any.' },
  key: { ...source, description: "Where the event's key is. null: the aggregate's id, or no key." },
  aggregateId: { ...source, description: 'Where the id of the aggregate is.' },
  aggregateType: { ...name, type: ['string', 'null'], default: null, description: 'Type of the aggregate.' },
  correlation: {
    ...source,
    default: correlationDefault,
    description: 'Where the correlation id is; a request without one gets a fresh one.',
  },
  tenant: { ...source, description: 'Where the tenant id is. null: events carry none.' },
  actor: { ...source, description: 'Where the actor id is. null: events carry none.' },
} as const;

const routeSection = { ...section('One route.', routeOptions), required: ['topic', 'type'] } as const;

/** A route as it is written: `routes` is one value, so its defaults are not filled in. */
export type RouteValue = Partial<ValueOf<typeof routeSection>>;

/** Defaults and limits of `gateway`. */
export const gatewayOptions = {
  host: {
    ...listenHost,
    description: 'Address that the gateway listens on.',
  },
  port: {
    ...listenPort,
    default: 8080,
    description: 'Port of the gateway; 0 means any free one.',
  },
  maxBody: {
    type: 'string',
    size: { min: '1KiB', max: '64MiB' },
    default: '1MiB',
    description: 'Largest body of a request; one with more is answered 413.',
  },
  idempotency: section('What makes a repeated request safe.', {
    header: {
      type: ['string', 'null'],
      maxLength: 255,
      pattern: "^[A-Za-z0-9!#$%&'*+.^_|~-]+$",
      want: 'the name of a header, or null',
      default: 'idempotency-key',
      description: 'Header with the key of a request: a repeat gets the first answer. null: no keys.',
    },
    ttl: {
      type: 'string',
      duration: { min: '1s', max: '7d' },
      default: '24h',
      description: 'How long the answer to a key is kept, in this process.',
    },
    max: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 100_000,
      description: 'Answers kept at most; the oldest goes first.',
    },
  }),
  routes: {
    type: 'object',
    default: {},
    additionalProperties: routeSection,
    description: 'Which request becomes which event, such as "POST /orders". Without any, nothing listens.',
  },
} as const;
