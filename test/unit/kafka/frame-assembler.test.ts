// Response frames arrive whole, wherever the network cuts them; one that is too long is refused by its length alone.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameAssembler } from '../../../runtime/kafka/frame-assembler.ts';

function frame(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(4 + length, fill);
  bytes.writeInt32BE(length);
  return bytes;
}

/** Cuts the bytes into pieces of these sizes, over and over, all through the same memory. */
function receive(bytes: Buffer, sizes: readonly number[], maxBytes: number) {
  const frames: Buffer[] = [];
  const refused: number[] = [];
  const assembler = new FrameAssembler(maxBytes, (whole) => frames.push(whole));
  const memory = Buffer.alloc(Math.max(...sizes));
  for (let at = 0, i = 0; at < bytes.length && refused.length === 0; i++) {
    const copied = bytes.copy(memory, 0, at, at + sizes[i % sizes.length]!);
    const length = assembler.push(memory.subarray(0, copied));
    if (length !== null) refused.push(length);
    at += copied;
  }
  return { frames, refused };
}

test('frames up to the limit arrive as they were sent, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 4, max: 50 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 10 }),
      (lengths, sizes) => {
        const sent = lengths.map((length, i) => frame(length, i + 1));
        expect(receive(Buffer.concat(sent), sizes, 50)).toEqual({ frames: sent, refused: [] });
      },
    ),
  );
});

test.each([1, 2, 3, 4, 5, 200])('a frame that is too long is seen in pieces of %d bytes', (size) => {
  const bytes = Buffer.concat([frame(4, 1), frame(50, 2), frame(51, 3)]);
  const { frames, refused } = receive(bytes, [size], 50);
  expect(frames.map((whole) => whole.length)).toEqual([8, 54]);
  expect(refused).toEqual([51]);
});

test('it is refused before its body has come', () => {
  expect(new FrameAssembler(50, () => {}).push(Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toBe(0x7fffffff);
});

test.each([-1, 0, 3])('a length of %d is refused: there is no room for a correlation id', (length) => {
  const announced = Buffer.alloc(4);
  announced.writeInt32BE(length);
  expect(new FrameAssembler(50, () => {}).push(announced)).toBe(length);
});

test('memory that is given back takes the next frame, unless it is too small or far too large', () => {
  const frames: Buffer[] = [];
  const assembler = new FrameAssembler(1 << 24, (whole) => frames.push(whole));
  const next = (length: number): Buffer => {
    assembler.push(frame(length, 1));
    return frames.at(-1)!;
  };
  const first = next(1_000_000);
  expect(next(1_000_000).buffer).not.toBe(first.buffer); // nobody gave it back
  const second = frames.at(-1)!;
  assembler.recycle();
  const smaller = next(500_000);
  expect(smaller.buffer).toBe(second.buffer);
  expect(smaller).toEqual(frame(500_000, 1));
  assembler.recycle();
  expect(next(1_000_000).buffer).toBe(second.buffer);
  assembler.recycle();
  expect(next(1_000_001).buffer).not.toBe(second.buffer);
  assembler.recycle();
  const large = frames.at(-1)!;
  for (let small = 0; small < 15; small++) {
    expect(next(100_000).buffer).not.toBe(large.buffer);
    assembler.recycle();
  }
  expect(next(1_000_000).buffer).toBe(large.buffer);
  assembler.recycle();
  for (let small = 0; small < 16; small++) {
    expect(next(100).buffer).not.toBe(large.buffer);
    assembler.recycle();
  }
  expect(next(1_000_000).buffer).not.toBe(large.buffer); // let go: small frames are what comes now
});
