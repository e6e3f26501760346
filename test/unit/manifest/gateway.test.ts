// `gateway`: routes become typed values, a route's type is one that its manifest registers, and routes alone are enough.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createProject, groupWith } from './project.ts';

const project = createProject();
afterAll(project.remove);
project.write('manifests/placed.schema.json', '{ "type": "object" }');

const routes = (text: string, more = '') => `gateway: { ${more} routes: { ${text} } }\n`;
const order = '"POST /orders": { topic: orders.stream, type: OrderPlaced }';
const registered = 'schemas: { events: { OrderPlaced: ./placed.schema.json } }\n';

test('S-37: routes without groups are a manifest', () => {
  const { groups, gateway } = project.loadText(routes(order));
  expect(groups).toEqual([]);
  expect(gateway.routes).toEqual([
    {
      method: 'POST',
      path: '/orders',
      topic: 'orders.stream',
      type: 'OrderPlaced',
      key: null,
      aggregateId: null,
      aggregateType: null,
      correlation: { kind: 'header', name: 'x-correlation-id' },
      tenant: null,
      actor: null,
      schema: null,
    },
  ]);
});

test('where things stand in the request is compiled, header names in small letters', () => {
  const route =
    '"PUT /a/b-1": { topic: t, type: T, key: "$.customer.ids[0]", aggregateId: "header:X-Order", aggregateType: Order, correlation: null, tenant: "$.tenant", actor: "header:x-actor" }';
  const [compiled] = project.loadText(routes(route)).gateway.routes;
  expect(compiled).toMatchObject({
    method: 'PUT',
    path: '/a/b-1',
    key: { kind: 'path', path: ['customer', 'ids', '0'] },
    aggregateId: { kind: 'header', name: 'x-order' },
    aggregateType: 'Order',
    correlation: null,
    tenant: { kind: 'path', path: ['tenant'] },
    actor: { kind: 'header', name: 'x-actor' },
  });
});

test('a route gets the schema that its manifest registers', () => {
  const { gateway } = project.loadText(registered + routes(order));
  expect(gateway.routes[0]!.schema).toEqual({
    type: 'OrderPlaced',
    file: join(project.folder, 'manifests/placed.schema.json'),
    schema: { type: 'object' },
  });
});

test('of two manifests each route is held against the events of its own', () => {
  project.write('manifests/one.yaml', registered + routes(order));
  project.write('manifests/two.yaml', routes('"POST /x": { topic: x, type: Unknown }') + groupWith());
  const { gateway, groups } = project.load(['manifests/one.yaml', 'manifests/two.yaml']);
  expect(gateway.routes.map(({ type, schema }) => [type, schema?.type])).toEqual([
    ['OrderPlaced', 'OrderPlaced'],
    ['Unknown', undefined],
  ]);
  expect(groups).toHaveLength(1);
});

test.each([
  [routes('GET /orders: { topic: t, type: T }'), 'gateway.routes["GET /orders"]', 'not a route'],
  [routes('"POST orders": { topic: t, type: T }'), 'gateway.routes["POST orders"]', 'not a route'],
  [routes('"POST /orders/:id": { topic: t, type: T }'), 'gateway.routes["POST /orders/:id"]', 'not a route'],
  [routes('"POST /*": { topic: t, type: T }'), 'gateway.routes["POST /*"]', 'not a route'],
  [routes('"POST /": { topic: t }'), 'gateway.routes["POST /"].type', 'missing'],
  [routes('"POST /": { type: T }'), 'gateway.routes["POST /"].topic', 'missing'],
  [routes('"POST /": { topic: "a b", type: T }'), 'gateway.routes["POST /"].topic', 'want a name of 1 to 249'],
  [routes('"POST /": { topic: t, type: T, key: customer }'), 'gateway.routes["POST /"].key', 'want header:<name>'],
  [routes('"POST /": { topic: t, type: T, keys: a }'), 'gateway.routes["POST /"].keys', 'did you mean key?'],
  [
    `${registered}${routes('"POST /": { topic: t, type: OrderPlacd }')}`,
    'gateway.routes["POST /"].type',
    'OrderPlaced',
  ],
  [`${routes(order)}producer: { partitioner: { keyRequired: true } }\n`, 'gateway.routes["POST /orders"]', 'no key'],
  [`${routes(order)}producer: { bufferBytes: 64KiB }\n`, 'gateway.maxBody', 'larger than producer.bufferBytes'],
  [routes(order, 'maxBody: 1B,'), 'gateway.maxBody', 'too small'],
  [routes(order, 'port: 70000,'), 'gateway.port', 'too large'],
  [routes(order, 'idempotency: { header: "a b" },'), 'gateway.idempotency.header', 'want the name of a header'],
  [routes(order, 'idempotency: { ttl: 8d },'), 'gateway.idempotency.ttl', 'too long'],
  [routes(order, 'idempotency: { max: 0 },'), 'gateway.idempotency.max', 'too small'],
  [routes(order, 'tls: {},'), 'gateway.tls', 'unknown key'],
  ['gateway: {}\n', 'groups', 'no groups'],
])('%s is refused', (text, path, message) => {
  const problems = project.problemsOf(text);
  expect(problems).toMatchObject([{ path: expect.stringContaining(path), message: expect.stringContaining(message) }]);
});

test('a type with a registered schema elsewhere is no help', () => {
  project.write('manifests/schemas.yaml', registered + groupWith());
  project.write('manifests/routes.yaml', routes(order));
  const [route] = project.load(['manifests/schemas.yaml', 'manifests/routes.yaml']).gateway.routes;
  expect(route!.schema).toBeNull();
});
