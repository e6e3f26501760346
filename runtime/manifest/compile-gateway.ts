/** `gateway`: from checked keys to typed values, and the rules between it and what else the manifest says. */
import type { EventSchema, SchemaSettings } from '../core/event-types.ts';
import type { GatewaySettings, RequestSource, RouteMethod, RouteSettings } from '../core/gateway-settings.ts';
import { milliseconds, octets } from './amounts.ts';
import { stepsOf } from './key-source.ts';
import { nearestName } from './nearest-name.ts';
import { type Path, type Problem, problem } from './problem.ts';
import type { ManifestFile } from './read-manifest.ts';
import { correlationDefault, type RouteValue } from './schema/gateway.ts';
import type { ProcessValue } from './schema/schema.ts';
import { describe, keyPosition, type MapTree, subtree } from './tree.ts';

/** No parameters and no wildcards: what is in the path is not in the event. */
const routeName = /^(POST|PUT|PATCH) (\/|(?:\/[A-Za-z0-9._~-]+)+)$/;

export interface GatewayContext {
  /** The joined sections about the process. */
  readonly tree: MapTree;
  readonly manifests: readonly ManifestFile[];
  /** `schemas` of each manifest; a route is held against that of the file it stands in. */
  readonly schemas: ReadonlyMap<ManifestFile, SchemaSettings>;
}

/** @param process matches the schema, every default filled in */
export function compileGateway(
  { gateway, producer }: ProcessValue,
  context: GatewayContext,
): { settings: GatewaySettings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = (key: Path, what: string, want?: string): void => {
    const path = ['gateway', ...key];
    const written = subtree(context.tree, path);
    const at = keyPosition(context.tree, path) ?? context.tree.at;
    const got = describe(written, path);
    problems.push(problem(at, path, what, { got, ...(want !== undefined && { want }) }));
  };
  const routes = Object.entries(gateway.routes).map(([name, route]) => {
    const match = routeName.exec(name);
    if (match === null) {
      const at = keyPosition(context.tree, ['gateway', 'routes', name]) ?? context.tree.at;
      const want = 'POST, PUT or PATCH and a path without parameters, such as "POST /orders"';
      problems.push(problem(at, ['gateway', 'routes', name], 'not a route', { want }));
    }
    const [, method = 'POST', path = '/'] = match ?? [];
    const schema = schemaOf(name, route, context, report);
    return compileRoute(method as RouteMethod, path, route, schema);
  });
  const maxBodyBytes = octets(gateway.maxBody);
  if (routes.length > 0 && maxBodyBytes > octets(producer.bufferBytes)) {
    report(['maxBody'], 'larger than producer.bufferBytes, which no event may be', 'at most producer.bufferBytes');
  }
  for (const [name, { key, aggregateId }] of Object.entries(gateway.routes)) {
    if (!producer.partitioner.keyRequired || (key ?? aggregateId ?? null) !== null) continue;
    report(['routes', name], 'no key, and producer.partitioner.keyRequired asks for one', 'key or aggregateId');
  }
  const { header, ttl, max } = gateway.idempotency;
  const settings = {
    host: gateway.host,
    port: gateway.port,
    maxBodyBytes,
    idempotency: { header: header === null ? null : header.toLowerCase(), ttlMs: milliseconds(ttl), max },
    routes,
  };
  return { settings, problems };
}

function compileRoute(method: RouteMethod, path: string, value: RouteValue, schema: EventSchema | null): RouteSettings {
  return {
    method,
    path,
    topic: value.topic!,
    type: value.type!,
    key: sourceOf(value.key),
    aggregateId: sourceOf(value.aggregateId),
    aggregateType: value.aggregateType ?? null,
    correlation: sourceOf(value.correlation === undefined ? correlationDefault : value.correlation),
    tenant: sourceOf(value.tenant),
    actor: sourceOf(value.actor),
    schema,
  };
}

/** @param text matches the pattern of `key` */
function sourceOf(text: string | null | undefined): RequestSource | null {
  if (text === null || text === undefined) return null;
  if (text.startsWith('header:')) return { kind: 'header', name: text.slice('header:'.length).toLowerCase() };
  return { kind: 'path', path: stepsOf(text) };
}

/** What the manifest registers for the type; every type will do where it registers none. */
function schemaOf(
  name: string,
  { type = '' }: RouteValue,
  { tree, manifests, schemas }: GatewayContext,
  report: (key: Path, what: string, want?: string) => void,
): EventSchema | null {
  const { file } = keyPosition(tree, ['gateway', 'routes', name]) ?? tree.at;
  const manifest = manifests.find((one) => one.name === file) ?? manifests[0]!;
  const events = schemas.get(manifest)?.events ?? [];
  const schema = events.find((event) => event.type === type) ?? null;
  if (schema === null && events.length > 0) {
    const near = nearestName(
      type,
      events.map((event) => event.type),
    );
    const what = `not among the events of schemas.events${near === null ? '' : `; did you mean ${near}?`}`;
    report(['routes', name, 'type'], what, 'a registered type, or no schemas.events');
  }
  return schema;
}
