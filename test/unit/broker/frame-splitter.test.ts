import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSplitter } from '../../../runtime/broker/frame-splitter.ts';

function framed(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      return [length, body];
    }),
  );
}

test('frames come out whole, however the bytes are cut', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
      const got: string[] = [];
      const splitter = new FrameSplitter(100, (frame) => got.push(frame.toString('hex')));
      const bytes = framed(sent);
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = cuts[i % cuts.length]!;
        splitter.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(got).toEqual(sent.map((body) => Buffer.from(body).toString('hex')));
    }),
  );
});

test.each([101, -1, 2 ** 31 - 1])('a length of %i is refused before memory is taken for it', (length) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  const splitter = new FrameSplitter(100, () => {});
  expect(() => splitter.push(bytes)).toThrow(`found a length of ${length}`);
});
