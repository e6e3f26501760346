/**
 * The words of a description, taken as a generator: the codec built from them also makes up values that fit it. A test
 * gets values for every API and version this way without listing them.
 */
import type { Random } from '../../../runtime/core/random.ts';
import { type Codec, Words } from '../../../runtime/protocol/codec.ts';

interface SamplingCodec<T> extends Codec<T> {
  sample(random: Random): T;
}

/** @returns a value that fits `codec`, which was built from `SamplingWords` */
export function sampleOf<T>(codec: Codec<T>, random: Random): T {
  return (codec as SamplingCodec<T>).sample(random);
}

export class SamplingWords extends Words {
  override bool() {
    return sampling(super.bool(), (random) => random() < 0.5);
  }

  override int8() {
    return sampling(super.int8(), (random) => whole(random, 8));
  }

  override int16() {
    return sampling(super.int16(), (random) => whole(random, 16));
  }

  override uint16() {
    return sampling(super.uint16(), (random) => Math.floor(random() * 2 ** 16));
  }

  override int32() {
    return sampling(super.int32(), (random) => whole(random, 32));
  }

  override int64() {
    return sampling(super.int64(), (random) => whole(random, 53));
  }

  override float64() {
    return sampling(super.float64(), (random) => random() * 1e6);
  }

  override uuid() {
    return sampling(super.uuid(), (random) => bytes(random, 16).toString('hex'));
  }

  override string() {
    return sampling(super.string(), text);
  }

  override nullableString() {
    return sampling(super.nullableString(), (random) => (random() < 0.3 ? null : text(random)));
  }

  override bytes() {
    return sampling(super.bytes(), (random) => bytes(random, length(random)));
  }

  override nullableBytes() {
    return sampling(super.nullableBytes(), (random) => (random() < 0.3 ? null : bytes(random, length(random))));
  }

  override array<T>(element: Codec<T>) {
    return sampling(super.array(element), (random) => list(random, element));
  }

  override nullableArray<T>(element: Codec<T>) {
    return sampling(super.nullableArray(element), (random) => (random() < 0.3 ? null : list(random, element)));
  }

  override absent<T>(fallback: T) {
    return sampling(super.absent(fallback), () => fallback);
  }

  override tagged<T, F>(tag: number, element: Codec<T>, fallback: F) {
    const sample = (random: Random) => (this.flexible && random() < 0.5 ? sampleOf(element, random) : fallback);
    return sampling(super.tagged(tag, element, fallback), sample);
  }

  override struct<F extends Readonly<Record<string, Codec<unknown>>>>(fields: F) {
    const built = super.struct(fields);
    return sampling(built, (random) => struct(random, fields) as Value<typeof built>);
  }

  override nullableStruct<F extends Readonly<Record<string, Codec<unknown>>>>(fields: F) {
    const built = super.nullableStruct(fields);
    return sampling(built, (random) => (random() < 0.3 ? null : struct(random, fields)) as Value<typeof built>);
  }
}

type Value<C> = C extends Codec<infer T> ? T : never;

function sampling<T>(codec: Codec<T>, sample: (random: Random) => T): SamplingCodec<T> {
  return { ...codec, sample };
}

/** Small numbers, negative ones and the whole range, each often. */
function whole(random: Random, bits: number): number {
  const range = random() < 0.5 ? 2 ** bits : 300;
  return clamp(Math.floor((random() - 0.5) * range), bits);
}

function clamp(value: number, bits: number): number {
  return Math.max(-(2 ** (bits - 1)), Math.min(2 ** (bits - 1) - 1, value));
}

/** Mostly short; sometimes so long that a compact length takes two bytes. */
function length(random: Random): number {
  return Math.floor(random() * (random() < 0.05 ? 200 : 12));
}

function text(random: Random): string {
  const alphabet = ['a', 'Z', '0', '-', 'ü', '日', '🦉'];
  return Array.from({ length: length(random) }, () => pick(random, alphabet)).join('');
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

function bytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));
}

function list<T>(random: Random, element: Codec<T>): T[] {
  return Array.from({ length: Math.floor(random() * 3) }, () => sampleOf(element, random));
}

function struct(random: Random, fields: Readonly<Record<string, Codec<unknown>>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sampleOf(field, random)]));
}
