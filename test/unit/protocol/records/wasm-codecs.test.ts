import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runWasm } from '../../../../runtime/protocol/records/wasm-codecs.ts';

const plain = Buffer.from('all work and no play '.repeat(50_000));

test.each([
  ['snappy_compress', 'snappy_decompress'],
  ['lz4_compress', 'lz4_decompress'],
] as const)('%s: after bytes that do not decode, others do', (compress, decompress) => {
  const packed = runWasm(compress, plain);
  const broken = Buffer.from(packed).fill(0xff, packed.length - 100);
  for (let i = 0; i < 5; i++) {
    expect(() => runWasm(decompress, broken)).toThrow();
    expect(runWasm(decompress, packed).equals(plain)).toBe(true);
  }
});

test('bytes that do not decode cost no memory', async () => {
  const packed = runWasm('lz4_compress', plain);
  const broken = Buffer.from(packed).fill(0xff, packed.length - 100);
  const before = process.memoryUsage.rss();
  // One instance for all of them keeps four megabytes of each; instances that are dropped go with the next collection.
  for (let i = 0; i < 100; i++) {
    expect(() => runWasm('lz4_decompress', broken)).toThrow();
    await turn();
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
});

test('a large batch works as well, and again', () => {
  const large = Buffer.alloc(20 * 1024 * 1024, 'x');
  for (let i = 0; i < 2; i++) {
    expect(runWasm('lz4_decompress', runWasm('lz4_compress', large)).equals(large)).toBe(true);
  }
});
