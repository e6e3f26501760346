import { expect, test } from 'vitest';
import { type Codec, Words, zeroUuid } from '../../../runtime/protocol/codec.ts';
import { ProtocolError, Reader } from '../../../runtime/protocol/reader.ts';
import { Writer } from '../../../runtime/protocol/writer.ts';

const plain = new Words(false);
const compact = new Words(true);

function written<T>(codec: Codec<T>, value: T): string {
  const w = new Writer();
  codec.write(w, value);
  return w.bytes().toString('hex');
}

function read<T>(codec: Codec<T>, hex: string): T {
  return codec.read(new Reader(Buffer.from(hex, 'hex')));
}

test('strings carry their length in two bytes, or compact as length + 1', () => {
  expect(written(plain.string(), 'aü')).toBe('000361c3bc');
  expect(written(compact.string(), 'aü')).toBe('0461c3bc');
  expect(written(plain.nullableString(), null)).toBe('ffff');
  expect(written(compact.nullableString(), null)).toBe('00');
});

test('bytes and arrays carry their length in four bytes, or compact as length + 1', () => {
  expect(written(plain.bytes(), Buffer.from([7]))).toBe('0000000107');
  expect(written(compact.bytes(), Buffer.from([7]))).toBe('0207');
  expect(written(plain.array(plain.int16()), [1, 2])).toBe('0000000200010002');
  expect(written(compact.array(compact.int16()), [1, 2])).toBe('0300010002');
  expect(written(plain.nullableArray(plain.int16()), null)).toBe('ffffffff');
  expect(written(compact.nullableArray(compact.int16()), null)).toBe('00');
});

test('null is refused where the version does not know it, in both directions', () => {
  expect(() => read(plain.string(), 'ffff')).toThrow(ProtocolError);
  expect(() => read(compact.array(compact.int8()), '00')).toThrow('array at 0 is null');
  expect(() => written(plain.string() as Codec<string | null>, null)).toThrow(RangeError);
});

test.each([
  { words: plain, claim: '7fffffff' },
  { words: compact, claim: 'ffffffff0f' },
])('an array that claims more elements than there are bytes reads none of them ($claim)', ({ words, claim }) => {
  let elementsRead = 0;
  const counting: Codec<number> = { ...words.int8(), read: () => ++elementsRead };
  expect(() => read(words.array(counting), `${claim}0101`)).toThrow(ProtocolError);
  expect(elementsRead).toBe(0);
});

test('an absent field takes no bytes and reads as its fallback', () => {
  const struct = plain.struct({ a: plain.int8(), b: plain.absent(-1) });
  expect(written(struct, { a: 5, b: 9 })).toBe('05');
  expect(read(struct, '05')).toEqual({ a: 5, b: -1 });
});

test('tagged fields are written in the order of their tags, and only if they differ from the fallback', () => {
  const struct = compact.struct({
    second: compact.tagged(3, compact.int8(), 0),
    first: compact.tagged(1, compact.array(compact.int8()), []),
  });
  expect(written(struct, { second: 4, first: [9] })).toBe('02' + '010202' + '09' + '0301' + '04');
  expect(written(struct, { second: 0, first: [] })).toBe('00');
  expect(read(struct, '00')).toEqual({ second: 0, first: [] });
});

test('a tag section is read whatever the order of its tags, and unknown tags are skipped', () => {
  const struct = compact.struct({ known: compact.tagged(1, compact.int8(), 0) });
  expect(read(struct, '02' + '0902aabb' + '010105')).toEqual({ known: 5 });
});

test('a tagged field that is longer than its length says is refused', () => {
  const struct = compact.struct({ known: compact.tagged(0, compact.int16(), 0) });
  expect(() => read(struct, '010001' + '0005')).toThrow('tagged field 0 is longer than it says');
});

test('without tag sections a tagged field is absent', () => {
  const struct = plain.struct({ known: plain.tagged(0, plain.int16(), 7) });
  expect(written(struct, { known: 1 })).toBe('');
  expect(read(struct, '')).toEqual({ known: 7 });
});

test('a struct that may be missing begins with a byte that says so', () => {
  const struct = compact.nullableStruct({ a: compact.int8() });
  expect(written(struct, null)).toBe('ff');
  expect(written(struct, { a: 5 })).toBe('010500');
});

test('uuids are 32 hex digits', () => {
  const hex = '00112233445566778899aabbccddeeff';
  expect(written(plain.uuid(), hex)).toBe(hex);
  expect(read(plain.uuid(), hex)).toBe(hex);
  expect(written(plain.uuid(), zeroUuid)).toBe(zeroUuid);
  expect(() => written(plain.uuid(), 'AAECAwQFBgcICQoLDA0ODw')).toThrow(RangeError);
});
