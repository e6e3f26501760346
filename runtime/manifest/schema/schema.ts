/**
 * The manifest's schema: the one place for types, limits, defaults and descriptions. The validator, the editor's
 * schema, the reference page and the compiled value all come from it. Rules between two keys are in `rules.ts`.
 */

import { gatewayOptions, type RouteValue } from './gateway.ts';
import { defaultsSection, groupSection } from './group.ts';
import { kafkaLater, kafkaOptions } from './kafka.ts';
import { healthOptions, httpOptions, logsLater, logsOptions, observabilityLater } from './observability.ts';
import { producerOptions } from './producer.ts';
import { schemasLater, schemasOptions } from './schemas.ts';
import { section, type ValueOf } from './section.ts';
import { shutdownOptions } from './shutdown.ts';
import { storeOptions } from './store.ts';

export const manifestSchema = section(
  'A manifest of kafka-worker-runtime.',
  {
    version: { type: 'integer', enum: [1], default: 1, description: 'Version of this format.' },
    kafka: section('How to reach Kafka.', kafkaOptions, kafkaLater),
    producer: section('How published events and dead letters are written.', producerOptions),
    schemas: section('Which events there are, and how their values look.', schemasOptions, schemasLater),
    defaults: defaultsSection,
    groups: {
      type: 'object',
      description: 'The consumer groups, by name; the name is the group id in Kafka.',
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z0-9._-]+$', maxLength: 249 },
      additionalProperties: groupSection,
    },
    observability: section(
      'What can be seen from outside.',
      {
        http: section('The port for operators and monitoring.', httpOptions),
        health: section('When the process counts as stuck.', healthOptions),
        logs: section('Log lines on standard output.', logsOptions, logsLater),
      },
      observabilityLater,
    ),
    shutdown: section('What happens at SIGTERM and SIGINT.', shutdownOptions),
    store: section('Where events, snapshots and the outbox are kept.', storeOptions),
    gateway: section('HTTP in, events out.', gatewayOptions),
  },
  ['include', 'topics', 'admin', 'reload', 'k8s'],
);

/** A group after inheritance, every default filled in; durations and sizes are still texts. */
export type GroupValue = ValueOf<typeof groupSection>;

type Properties = (typeof manifestSchema)['properties'];

/** The section `schemas` of a file, every default filled in. */
export type SchemasValue = Omit<ValueOf<Properties['schemas']>, 'events'> & {
  readonly events: Readonly<Record<string, string>>;
};

/** The section `gateway`, every default filled in but those of routes. */
export type GatewayValue = Omit<ValueOf<Properties['gateway']>, 'routes'> & {
  readonly routes: Readonly<Record<string, RouteValue>>;
};

/** What belongs to the process as a whole, every default filled in. */
export type ProcessValue = {
  readonly [K in 'kafka' | 'producer' | 'observability' | 'shutdown' | 'store']: ValueOf<Properties[K]>;
} & { readonly gateway: GatewayValue };
