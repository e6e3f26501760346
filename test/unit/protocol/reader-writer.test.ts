import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError, Reader } from '../../../runtime/protocol/reader.ts';
import { Writer } from '../../../runtime/protocol/writer.ts';

test('int64 is the number that eight bytes of two’s complement say, up to 2^53', () => {
  const numbers = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, 1 - 2 ** 53));
  fc.assert(
    fc.property(numbers, (value) => {
      const w = new Writer();
      w.int64(value);
      expect(w.bytes().readBigInt64BE(0)).toBe(BigInt(value));
      expect(new Reader(w.bytes()).int64()).toBe(value);
    }),
  );
});

test('an int64 that a number cannot hold is not written', () => {
  expect(() => new Writer().int64(2 ** 53)).toThrow(RangeError);
  expect(() => new Writer().int64(0.5)).toThrow(RangeError);
});

test('varints of up to five bytes come back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
      const w = new Writer();
      w.uvarint(value);
      expect(new Reader(w.bytes()).uvarint()).toBe(value);
    }),
  );
  expect(() => new Reader(Buffer.from('ffffffffff01', 'hex')).uvarint()).toThrow(ProtocolError);
});

test('a read past the end moves nothing and tells where it was', () => {
  const r = new Reader(Buffer.alloc(5), 2);
  expect(() => r.int32()).toThrow('expected 4 more bytes at 2, found 3');
  expect(r.position).toBe(2);
});

test('a count of elements that cannot fit into the rest is refused', () => {
  const r = new Reader(Buffer.alloc(5));
  expect(r.count(5)).toBe(5);
  expect(() => r.count(6)).toThrow(ProtocolError);
});

test('bytes are views into the frame', () => {
  const frame = Buffer.from([1, 2, 3]);
  const view = new Reader(frame).raw(2);
  frame[0] = 9;
  expect([...view]).toEqual([9, 2]);
});

test('a writer grows and keeps what it has', () => {
  const w = new Writer(1);
  w.int32(0);
  w.raw(Buffer.alloc(1000, 7));
  w.patchInt32(0, w.length - 4);
  expect(w.length).toBe(1004);
  expect(w.bytes().readInt32BE(0)).toBe(1000);
  expect(
    w
      .bytes()
      .subarray(4)
      .every((byte) => byte === 7),
  ).toBe(true);
});
