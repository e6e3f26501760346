import { expect, test } from 'vitest';
import { apiVersions } from '../../../runtime/protocol/api-versions.ts';
import { apisByKey } from '../../../runtime/protocol/apis.ts';
import {
  readAssignment,
  readSubscription,
  writeAssignment,
  writeSubscription,
} from '../../../runtime/protocol/consumer-protocol.ts';
import { joinGroup } from '../../../runtime/protocol/join-group.ts';
import { syncGroup } from '../../../runtime/protocol/sync-group.ts';
import type { FrameSample } from '../../../scripts/real/frame-samples.ts';
import { bodyOf, framesOf, goldenFrames, goldenRequests, goldenResponses } from './golden-frames.ts';

const recordedApis = [...apisByKey.values()].filter(({ key }) => goldenFrames.some((frame) => frame.apiKey === key));

// What Kafka and its clients sent is read to the last byte, and what was read gives the same bytes again.
test.each(recordedApis)('$name reads and writes like Kafka', (api) => {
  for (const frame of [...framesOf(api, 'request'), ...framesOf(api, 'response')]) {
    const { value, sent, written, unread } = throughDescription(frame);
    const where = `${frame.api} v${frame.apiVersion} ${frame.kind} of ${frame.client}: ${JSON.stringify(value)}`;
    expect(unread, `bytes left over in ${where}`).toBe(0);
    expect(written, where).toBe(sent);
  }
});

test('the recorded clients use no version of a described API that is left out', () => {
  const missing = goldenFrames.filter(({ apiKey, apiVersion }) => {
    const [min, max] = apisByKey.get(apiKey)!.versions;
    return apiVersion < min || apiVersion > max;
  });
  expect(missing.map((frame) => `${frame.api} v${frame.apiVersion} (${frame.client})`)).toEqual([]);
});

test('no version is described that Kafka 4.3.0 does not speak', () => {
  const spoken = goldenResponses(apiVersions).at(-1)!.apis;
  const unspoken = [...apisByKey.values()].filter(({ key, versions: [min, max] }) => {
    return !spoken.some((api) => api.key === key && api.minVersion <= min && api.maxVersion >= max);
  });
  // A broker lists the telemetry APIs only if it has a plugin that takes the metrics, which the recorded one has not.
  expect(unspoken.map((api) => api.name)).toEqual(['GetTelemetrySubscriptions']);
});

test('subscriptions and assignments of real clients are read and written back', () => {
  const subscriptions = [
    ...goldenRequests(joinGroup).flatMap((request) => request.protocols),
    ...goldenResponses(joinGroup).flatMap((response) => response.members),
  ].map(({ metadata }) => metadata);
  const assignments = [
    ...goldenRequests(syncGroup).flatMap((request) => request.assignments),
    ...goldenResponses(syncGroup),
  ].map(({ assignment }) => assignment);

  expect(subscriptions.length).toBeGreaterThan(0);
  expect(assignments.length).toBeGreaterThan(0);
  expect(subscriptions.map((bytes) => writeSubscription(readSubscription(bytes)))).toEqual(subscriptions);
  expect(assignments.map((bytes) => writeAssignment(readAssignment(bytes)))).toEqual(assignments);
});

function throughDescription(frame: FrameSample) {
  const api = apisByKey.get(frame.apiKey)!;
  const version = frame.apiVersion;
  const body = bodyOf(frame);
  const sent = body.bytes.toString('hex', body.position);
  const request = frame.kind === 'request';
  const value = request ? api.readRequest(body, version) : api.readResponse(body, version);
  const written = request ? api.writeRequest(value, version) : api.writeResponse(value, version);
  return { value, sent, written: written.toString('hex'), unread: body.remaining };
}
