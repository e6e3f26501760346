/** Cuts bytes into the chunks of a network: where follows from the bytes, so that a saved input is cut the same way. */
import { seededRandom } from '../../runtime/core/random.ts';
import { crc32c } from '../../runtime/protocol/records/crc32c.ts';
import { whole } from './choose.ts';

export function* chunksOf(bytes: Buffer): Generator<Buffer> {
  const random = seededRandom(crc32c(bytes));
  const largest = random() < 0.5 ? bytes.length : 1 + whole(random, 200);
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + whole(random, largest);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
