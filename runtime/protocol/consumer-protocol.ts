/**
 * The bytes that members of a classic consumer group send each other through the broker: the subscription (metadata of
 * JoinGroup) and the assignment (SyncGroup). The broker does not look into them. Versions 0–3, never compact.
 *   v1  subscription: partitions owned at the moment (cooperative rebalancing, KIP-429)
 *   v2  subscription: generation in which they were owned
 *   v3  subscription: rack
 * Versions only append fields, so a newer one is read as v3 and its further bytes are ignored.
 */
import { type Codec, type ValueOf, Words } from './codec.ts';
import { ProtocolError, Reader } from './reader.ts';
import { Writer } from './writer.ts';

const newestVersion = 3;
const c = new Words(false);
const topics = () => c.array(c.struct({ name: c.string(), partitions: c.array(c.int32()) }));

const subscriptions = [0, 1, 2, 3].map((v) =>
  c.struct({
    topics: c.array(c.string()),
    userData: c.nullableBytes(),
    owned: v >= 1 ? topics() : c.absent([]),
    /** −1: unknown. */
    generation: v >= 2 ? c.int32() : c.absent(-1),
    rackId: v >= 3 ? c.nullableString() : c.absent(null),
  }),
);
const assignments = [c.struct({ topics: topics(), userData: c.nullableBytes() })];

export type Subscription = { readonly version: number } & ValueOf<(typeof subscriptions)[number]>;
export type Assignment = { readonly version: number } & ValueOf<(typeof assignments)[number]>;

/** @throws ProtocolError where the bytes are no subscription */
export function readSubscription(bytes: Buffer): Subscription {
  return readVersioned(bytes, subscriptions);
}

export function writeSubscription(subscription: Subscription): Buffer {
  return writeVersioned(subscription, subscriptions);
}

/**
 * No bytes at all mean no partitions: the broker's answer to a member whom the leader has left out.
 * @throws ProtocolError where the bytes are no assignment
 */
export function readAssignment(bytes: Buffer): Assignment {
  return bytes.length === 0 ? { version: 0, topics: [], userData: null } : readVersioned(bytes, assignments);
}

export function writeAssignment(assignment: Assignment): Buffer {
  return writeVersioned(assignment, assignments);
}

function codecFor<T>(version: number, codecs: readonly Codec<T>[]): Codec<T> {
  return codecs[Math.min(version, codecs.length - 1)]!;
}

function readVersioned<T>(bytes: Buffer, codecs: readonly Codec<T>[]): { readonly version: number } & T {
  const r = new Reader(bytes);
  const version = r.int16();
  if (version < 0) throw new ProtocolError(`a consumer protocol version from 0 up was expected, found ${version}`);
  return { version, ...codecFor(version, codecs).read(r) };
}

function writeVersioned<T>(value: { readonly version: number } & T, codecs: readonly Codec<T>[]): Buffer {
  if (value.version < 0 || value.version > newestVersion) {
    throw new RangeError(`consumer protocol v${value.version} is not described here (have 0 to ${newestVersion})`);
  }
  const w = new Writer();
  w.int16(value.version);
  codecFor(value.version, codecs).write(w, value);
  return w.bytes();
}
