/** Real bytes to begin with: the frames in `test/golden/frames.json`, and the record batches inside them. */
import { apisByKey } from '../../runtime/protocol/apis.ts';
import { crc32c } from '../../runtime/protocol/records/crc32c.ts';
import { goldenFrames } from '../../test/unit/protocol/golden-frames.ts';

/** Frames of described versions, without the length in front. */
export const goldenRequests: readonly Buffer[] = framesOf('request').map(({ bytes }) => bytes);
export const goldenResponses = framesOf('response');
export const goldenBatches: readonly Buffer[] = goldenFrames.flatMap(({ hex }) => batchesIn(Buffer.from(hex, 'hex')));

function framesOf(kind: 'request' | 'response') {
  return goldenFrames
    .filter((frame) => frame.kind === kind)
    .filter(({ apiKey, apiVersion }) => {
      const [min, max] = apisByKey.get(apiKey)!.versions;
      return apiVersion >= min && apiVersion <= max;
    })
    .map(({ apiKey, apiVersion, hex }) => ({ apiKey, apiVersion, bytes: Buffer.from(hex, 'hex') }));
}

/** Wherever a checksum is right, there is a batch. */
function batchesIn(frame: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 61 <= frame.length; at++) {
    const length = frame.readInt32BE(at + 8) + 12;
    if (frame[at + 16] !== 2 || length < 61 || at + length > frame.length) continue;
    const batch = frame.subarray(at, at + length);
    if (crc32c(batch.subarray(21)) === batch.readUInt32BE(17)) found.push(batch);
  }
  return found;
}
