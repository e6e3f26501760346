// Row S-27.
import { snappyCompress } from '@platformatic/wasm-utils';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../../../runtime/protocol/reader.ts';
import { codecs } from '../../../../runtime/protocol/records/batch-header.ts';
import { compress, decompress } from '../../../../runtime/protocol/records/compression.ts';
import { decompressLz4 } from '../../../../runtime/protocol/records/lz4.ts';

const packing = codecs.filter((codec) => codec !== 'none');

test.each(codecs)('%s gives back what went in', (codec) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100_000, size: 'max' }), (input) => {
      const bytes = Buffer.from(input);
      expect(decompress(codec, compress(codec, bytes), bytes.length + 1).equals(bytes)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test.each(packing)('%s unpacks up to the limit and not one byte more', (codec) => {
  const bytes = Buffer.alloc(200_000, 'ab');
  const packed = compress(codec, bytes);
  expect(decompress(codec, packed, bytes.length).equals(bytes)).toBe(true);
  expect(() => decompress(codec, packed, bytes.length - 1)).toThrow(ProtocolError);
});

test.each(packing)('%s refuses a bomb before it unpacks', (codec) => {
  const packed = compress(codec, Buffer.alloc(64 << 20));
  const before = process.memoryUsage().arrayBuffers;
  expect(() => decompress(codec, packed, 1 << 20)).toThrow(/bytes/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
});

test.each(packing)('%s: bytes that are something else are a ProtocolError', (codec) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('neither fish nor flesh'), Buffer.alloc(40, 0xff)]) {
    expect(() => decompress(codec, bytes, 1000)).toThrow(ProtocolError);
  }
});

test('raw snappy blocks decode, as librdkafka writes them', () => {
  const bytes = Buffer.from('hello '.repeat(100));
  expect(decompress('snappy', snappyCompress(bytes), 1000).equals(bytes)).toBe(true);
});

test('a cut lz4 frame is refused', () => {
  const packed = compress('lz4', Buffer.alloc(10_000, 'x'));
  for (let length = 0; length < packed.length - 4; length++) {
    expect(() => decompressLz4(packed.subarray(0, length), 1 << 20)).toThrow(ProtocolError);
  }
});
