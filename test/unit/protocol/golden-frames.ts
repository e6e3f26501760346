/**
 * The frames that real clients and Apache Kafka 4.3.0 sent each other, as `scripts/real/record-frames.ts` recorded them
 * in `test/golden/frames.json`. Frames of APIs that are not described are left out.
 */
import { readFileSync } from 'node:fs';
import type { Api } from '../../../runtime/protocol/api.ts';
import { apisByKey } from '../../../runtime/protocol/apis.ts';
import { readRequestHeader, responseHasTags, skipTags } from '../../../runtime/protocol/frame.ts';
import { Reader } from '../../../runtime/protocol/reader.ts';
import type { FrameSample } from '../../../scripts/real/frame-samples.ts';

const file = new URL('../../golden/frames.json', import.meta.url);
const recording: { readonly frames: readonly FrameSample[] } = JSON.parse(readFileSync(file, 'utf8'));

export const goldenFrames = recording.frames.filter((frame) => apisByKey.has(frame.apiKey));

export function framesOf(api: { readonly key: number }, kind: FrameSample['kind']): readonly FrameSample[] {
  return goldenFrames.filter((frame) => frame.apiKey === api.key && frame.kind === kind);
}

export function goldenRequests<Req, Res>(api: Api<Req, Res>): Req[] {
  return framesOf(api, 'request').map((frame) => api.readRequest(bodyOf(frame), frame.apiVersion));
}

export function goldenResponses<Req, Res>(api: Api<Req, Res>): Res[] {
  return framesOf(api, 'response').map((frame) => api.readResponse(bodyOf(frame), frame.apiVersion));
}

/** A frame from behind its header on. */
export function bodyOf(frame: FrameSample): Reader {
  const flexible = apisByKey.get(frame.apiKey)!.isFlexible(frame.apiVersion);
  const r = new Reader(Buffer.from(frame.hex, 'hex'));
  if (frame.kind === 'request') readRequestHeader(r);
  else r.int32(); // the correlation id
  if (frame.kind === 'request' ? flexible : responseHasTags(frame.apiKey, flexible)) skipTags(r);
  return r;
}
