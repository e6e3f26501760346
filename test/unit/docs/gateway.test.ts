// `docs/gateway.md` says what the schema and the code say.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { gatewayLimits } from '../../../runtime/gateway/limits.ts';
import { httpLimits } from '../../../runtime/http/limits.ts';
import { gatewayOptions } from '../../../runtime/manifest/schema/gateway.ts';
import type { Option } from '../../../runtime/manifest/schema/section.ts';
import { prometheusName } from '../../../runtime/telemetry/metric-table.ts';
import { createProject } from '../manifest/project.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/gateway.md'), 'utf8');
const project = createProject();
afterAll(project.remove);

/** Cells of the rows below a header that begins so, without backticks. */
function tableAfter(header: string): readonly (readonly string[])[] {
  const lines = page.slice(page.indexOf(`\n| ${header} |`) + 1).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) => line.split(' | ').map((cell) => cell.replaceAll(/[`|]/g, '').trim()));
}

const shown = ({ default: value }: Option): string => String(value ?? 'none');

test('the table of settings has every key of the schema with its default', () => {
  const { idempotency, host: _, routes: __, ...flat } = gatewayOptions;
  const inner = Object.entries<Option>(idempotency.properties).map(
    ([key, one]) => [`idempotency.${key}`, one] as const,
  );
  const keys = [...Object.entries<Option>(flat), ...inner].map(([key, option]) => [key, shown(option)]);
  expect(tableAfter('key').map(([key, value]) => [key, value])).toEqual([
    ['host', '127.0.0.1, or RUNTIME_HTTP_HOST'],
    ...keys,
    ['routes', 'none'],
  ]);
});

test('the table of routes has every key of one with its default', () => {
  const route = gatewayOptions.routes.additionalProperties;
  const required: readonly string[] = route.required;
  const keys = Object.entries<Option>(route.properties).map(([key, option]) => [
    key,
    required.includes(key) ? 'needed' : shown(option),
  ]);
  expect(tableAfter('key of a route').map(([key, value]) => [key, value])).toEqual(keys);
});

test.each([
  `more than ${gatewayLimits.bodyDepth} levels`,
  `${gatewayLimits.requests.toLocaleString('en')} requests are under way`,
  `within ${gatewayLimits.answerWithinMs / 1000} s whether`,
  `longer than ${gatewayLimits.stalledAfterMs / 1000} s for`,
  `after ${gatewayLimits.unsentMs / 1000} s for what could not be sent`,
  `${gatewayLimits.connections} connections`,
  `headers within ${httpLimits.headersTimeoutMs / 1000} s and the whole request within ${httpLimits.requestTimeoutMs / 1000} s`,
  prometheusName('gateway.requests'),
  prometheusName('gateway.duration'),
])('the page says: %s', (words) => {
  expect(page.replaceAll('\n', ' ')).toContain(words);
});

test('its manifest is one', () => {
  mkdirSync(join(project.folder, 'manifests/schemas'), { recursive: true });
  project.write('manifests/schemas/order-placed.schema.json', '{}');
  const text = /```yaml\n(.*?)```/s.exec(page)![1]!;
  expect(project.loadText(text).gateway.routes).toHaveLength(1);
});
