import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decompress } from '../../../../runtime/protocol/records/compression.ts';
import { gzipUnpackedSize, zstdUnpackedSize } from '../../../../runtime/protocol/records/unpacked-size.ts';

// On either side of every width that the zstd header has for a size.
const sizes = [0, 1, 255, 256, 257, 65_791, 65_792, 1_000_000];

test.each(sizes)('what is packed from %i bytes says so', (size) => {
  const bytes = Buffer.alloc(size, 'x');
  expect(gzipUnpackedSize(gzipSync(bytes))).toBe(size);
  expect(zstdUnpackedSize(zstdCompressSync(bytes))).toBe(size);
});

test('what is too short, or packed otherwise, says nothing', () => {
  expect(gzipUnpackedSize(Buffer.alloc(17))).toBeNull();
  expect(zstdUnpackedSize(zstdCompressSync(Buffer.alloc(100_000)).subarray(0, 8))).toBeNull();
  expect(zstdUnpackedSize(Buffer.alloc(100))).toBeNull();
  // A frame of a stream: without a size, with a window.
  expect(zstdUnpackedSize(Buffer.concat([Buffer.from('28b52ffd0058', 'hex'), Buffer.alloc(20)]))).toBeNull();
});

test('what says that it is too large is refused before it is unpacked', () => {
  for (const [codec, packed] of [
    ['gzip', gzipSync(Buffer.alloc(5_000_000))],
    ['zstd', zstdCompressSync(Buffer.alloc(5_000_000))],
  ] as const) {
    // Nobody could unpack this: its middle is missing.
    const broken = Buffer.concat([packed.subarray(0, 20), packed.subarray(-20)]);
    expect(() => decompress(codec, broken, 1_000_000)).toThrow('unpacks to more than 1000000 bytes');
  }
});

test('what says less than it is, or is packed in several parts, is unpacked all the same', () => {
  const parts = [Buffer.alloc(50_000, 'a'), Buffer.alloc(10, 'b')];
  const packed = Buffer.concat(parts.map((part) => gzipSync(part)));
  expect(decompress('gzip', packed, 100_000)).toEqual(Buffer.concat(parts));
  expect(() => decompress('gzip', packed, 50_009)).toThrow('unpacks to more than 50009 bytes');
});
