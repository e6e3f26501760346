import { expect, test } from 'vitest';
import { runWasm } from '../../../../runtime/protocol/records/wasm-codecs.ts';

const plain = Buffer.from('all work and no play '.repeat(50_000));

test.each([
  ['snappy_compress', 'snappy_decompress'],
  ['lz4_compress', 'lz4_decompress'],
] as const)('%s: bytes that do not decode cost no memory, and no later bytes', (compress, decompress) => {
  const packed = runWasm(compress, plain);
  const cut = Buffer.from(packed).fill(0xff, packed.length - 100);
  const broken = (): void => void runWasm(decompress, cut);
  expect(broken).toThrow();
  const before = process.memoryUsage.rss();
  // Without a new instance after each, these keep a megabyte each.
  for (let i = 0; i < 100; i++) expect(broken).toThrow();
  expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024);
  expect(runWasm(decompress, packed).equals(plain)).toBe(true);
});

test('a large batch works as well, and again', () => {
  const large = Buffer.alloc(40 * 1024 * 1024, 'x');
  for (let i = 0; i < 2; i++) {
    expect(runWasm('lz4_decompress', runWasm('lz4_compress', large)).equals(large)).toBe(true);
  }
});
