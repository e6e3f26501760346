/**
 * The words in which an API describes its messages (see `heartbeat.ts`). A description is a function of the version;
 * it yields a codec that reads and writes, so one description serves the engine and the embedded broker.
 *
 * From an API's first flexible version on (KIP-482) strings, bytes and arrays carry compact lengths, and every struct
 * ends in tagged fields. The same words then mean the compact form: descriptions do not mention it.
 */
import { ProtocolError, type Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface Codec<T> {
  read(from: Reader): T;
  write(to: Writer, value: T): void;
}

/** A field of the tag section; left out when it equals its default. */
interface TaggedCodec<T> extends Codec<T> {
  readonly tag: number;
  readonly fallback: T;
}

/** The uuid that stands for none, for example for an unknown topic id. */
export const zeroUuid = '0'.repeat(32);

export type ValueOf<C> = C extends Codec<infer T> ? T : never;
type Fields = Readonly<Record<string, Codec<unknown>>>;
/** The `& {}` lets editors and compiler messages show the fields instead of the codecs they come from. */
type StructOf<F> = { readonly [K in keyof F]: ValueOf<F[K]> } & {};

const codec = <T>(read: (from: Reader) => T, write: (to: Writer, value: T) => void): Codec<T> => ({ read, write });

/** The codec words of one version. `flexible` selects the compact encoding. */
export class Words {
  readonly flexible: boolean;

  constructor(flexible: boolean) {
    this.flexible = flexible;
  }

  bool(): Codec<boolean> {
    return codec(
      (r) => r.int8() !== 0,
      (w, v) => w.int8(v ? 1 : 0),
    );
  }

  int8(): Codec<number> {
    return codec(
      (r) => r.int8(),
      (w, v) => w.int8(v),
    );
  }

  int16(): Codec<number> {
    return codec(
      (r) => r.int16(),
      (w, v) => w.int16(v),
    );
  }

  uint16(): Codec<number> {
    return codec(
      (r) => r.uint16(),
      (w, v) => w.uint16(v),
    );
  }

  int32(): Codec<number> {
    return codec(
      (r) => r.int32(),
      (w, v) => w.int32(v),
    );
  }

  /** A number up to 2^53; see `Reader.int64`. */
  int64(): Codec<number> {
    return codec(
      (r) => r.int64(),
      (w, v) => w.int64(v),
    );
  }

  float64(): Codec<number> {
    return codec(
      (r) => r.float64(),
      (w, v) => w.float64(v),
    );
  }

  /** 16 bytes as 32 hex digits: topic ids and KIP-848 ids on the wire. */
  uuid(): Codec<string> {
    return codec(
      (r) => r.raw(16).toString('hex'),
      (w, v) => {
        const bytes = Buffer.from(v, 'hex');
        if (bytes.length !== 16) throw new RangeError(`a uuid is 32 hex digits here, got "${v}"`);
        w.raw(bytes);
      },
    );
  }

  string(): Codec<string> {
    return notNull(this.nullableString(), 'string');
  }

  nullableString(): Codec<string | null> {
    return codec(
      (r) => {
        const length = this.flexible ? r.uvarint() - 1 : r.int16();
        return length < 0 ? null : r.utf8(length);
      },
      (w, v) => {
        const bytes = v === null ? null : Buffer.from(v, 'utf8');
        if (this.flexible) w.uvarint(bytes === null ? 0 : bytes.length + 1);
        else w.int16(bytes === null ? -1 : bytes.length);
        if (bytes !== null) w.raw(bytes);
      },
    );
  }

  bytes(): Codec<Buffer> {
    return notNull(this.nullableBytes(), 'bytes');
  }

  /** Read as a view into the frame. Record sets are this type too. */
  nullableBytes(): Codec<Buffer | null> {
    return codec(
      (r) => {
        const length = this.flexible ? r.uvarint() - 1 : r.int32();
        return length < 0 ? null : r.raw(length);
      },
      (w, v) => {
        if (this.flexible) w.uvarint(v === null ? 0 : v.length + 1);
        else w.int32(v === null ? -1 : v.length);
        if (v !== null) w.raw(v);
      },
    );
  }

  array<T>(element: Codec<T>): Codec<readonly T[]> {
    return notNull(this.nullableArray(element), 'array');
  }

  nullableArray<T>(element: Codec<T>): Codec<readonly T[] | null> {
    return codec(
      (r) => {
        const length = this.flexible ? r.uvarint() - 1 : r.int32();
        if (length < 0) return null;
        const count = r.count(length);
        const values: T[] = [];
        for (let i = 0; i < count; i++) values.push(element.read(r));
        return values;
      },
      (w, v) => {
        if (this.flexible) w.uvarint(v === null ? 0 : v.length + 1);
        else w.int32(v === null ? -1 : v.length);
        if (v !== null) for (const value of v) element.write(w, value);
      },
    );
  }

  /** A field that takes no bytes in this version: reads as `fallback`, is not written. */
  absent<T>(fallback: T): Codec<T> {
    return codec(
      () => fallback,
      () => {},
    );
  }

  /** A field of the struct's tag section, or `fallback` where it is missing or the version is not flexible. */
  tagged<T, F>(tag: number, element: Codec<T>, fallback: F): Codec<T | F> {
    if (!this.flexible) return this.absent<T | F>(fallback);
    const field: TaggedCodec<T | F> = { ...(element as Codec<T | F>), tag, fallback };
    return field;
  }

  /** Fields in wire order, then (flexible versions) the tag section; unknown tags are skipped. */
  struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
    const plain = Object.entries(fields).filter(([, c]) => !('tag' in c)) as [string, Codec<unknown>][];
    const tagged = Object.entries(fields).filter(([, c]) => 'tag' in c) as [string, TaggedCodec<unknown>][];
    return codec(
      (r) => {
        const value: Record<string, unknown> = {};
        for (const [name, field] of plain) value[name] = field.read(r);
        for (const [name, field] of tagged) value[name] = field.fallback;
        if (this.flexible) readTags(r, tagged, value);
        return value as StructOf<F>;
      },
      (w, v) => {
        const value = v as Record<string, unknown>;
        for (const [name, field] of plain) field.write(w, value[name]);
        if (this.flexible) writeTags(w, tagged, value);
      },
    );
  }

  /** A struct that may be missing as a whole: one byte says so (-1), as in KIP-848's assignment. */
  nullableStruct<F extends Fields>(fields: F): Codec<StructOf<F> | null> {
    const inner = this.struct(fields);
    return codec(
      (r) => (r.int8() < 0 ? null : inner.read(r)),
      (w, v) => {
        w.int8(v === null ? -1 : 1);
        if (v !== null) inner.write(w, v);
      },
    );
  }
}

function notNull<T>(nullable: Codec<T | null>, what: string): Codec<T> {
  return codec(
    (r) => {
      const at = r.position;
      const value = nullable.read(r);
      if (value === null) throw new ProtocolError(`${what} at ${at} is null where the protocol does not allow it`);
      return value;
    },
    (w, v) => {
      // A field may be nullable in newer versions only, which the types of a description do not tell apart.
      if (v === null) throw new RangeError(`${what} is null, which this version of the message cannot say`);
      nullable.write(w, v);
    },
  );
}

function readTags(r: Reader, tagged: readonly [string, TaggedCodec<unknown>][], value: Record<string, unknown>): void {
  for (let left = r.count(r.uvarint()); left > 0; left--) {
    const tag = r.uvarint();
    const end = r.uvarint() + r.position;
    const known = tagged.find(([, field]) => field.tag === tag);
    if (known) value[known[0]] = known[1].read(r);
    if (r.position > end) throw new ProtocolError(`tagged field ${tag} is longer than it says`);
    r.raw(end - r.position);
  }
}

function writeTags(
  w: Writer,
  tagged: readonly [string, TaggedCodec<unknown>][],
  value: Readonly<Record<string, unknown>>,
): void {
  const present = tagged
    .filter(([name, field]) => !isDefault(value[name], field.fallback))
    .sort(([, a], [, b]) => a.tag - b.tag);
  w.uvarint(present.length);
  for (const [name, field] of present) {
    const body = new Writer();
    field.write(body, value[name]);
    w.uvarint(field.tag);
    w.uvarint(body.length);
    w.raw(body.bytes());
  }
}

function isDefault(value: unknown, fallback: unknown): boolean {
  if (value === undefined || value === fallback) return true;
  return Array.isArray(value) && Array.isArray(fallback) && value.length === 0 && fallback.length === 0;
}
