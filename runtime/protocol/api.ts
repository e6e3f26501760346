/**
 * One Kafka API: its key, versions and the shape of request and response. Codecs are built once per version and kept.
 * The frame around a body (length, header, correlation id) is in `frame.ts`.
 */
import { type Codec, Words } from './codec.ts';
import type { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface ApiSpec<Req, Res> {
  readonly key: number;
  readonly name: string;
  /** Lowest and highest version described here. */
  readonly versions: readonly [min: number, max: number];
  /** First version with compact encoding and header v2; `Infinity` where there is none. */
  readonly flexibleFrom: number;
  request(c: Words, version: number): Codec<Req>;
  response(c: Words, version: number): Codec<Res>;
}

export interface Api<Req, Res> extends ApiSpec<Req, Res> {
  isFlexible(version: number): boolean;
  readRequest(body: Reader, version: number): Req;
  /** The body only, without any header. */
  writeRequest(value: Req, version: number): Buffer;
  readResponse(body: Reader, version: number): Res;
  /** @param capacityBytes about how long it will be, so that large ones are not copied while they grow */
  writeResponse(value: Res, version: number, capacityBytes?: number): Buffer;
}

export type RequestOf<A> = A extends Api<infer Req, infer _> ? Req : never;
export type ResponseOf<A> = A extends Api<infer _, infer Res> ? Res : never;

/** @throws ProtocolError from every read of bytes that do not fit the description */
export function defineApi<Req, Res>(spec: ApiSpec<Req, Res>): Api<Req, Res> {
  const isFlexible = (version: number): boolean => version >= spec.flexibleFrom;
  const requests = perVersion(spec, (v) => spec.request(new Words(isFlexible(v)), v));
  const responses = perVersion(spec, (v) => spec.response(new Words(isFlexible(v)), v));
  return {
    ...spec,
    isFlexible,
    readRequest: (body, version) => requests(version).read(body),
    writeRequest: (value, version) => written(requests(version), value),
    readResponse: (body, version) => responses(version).read(body),
    writeResponse: (value, version, capacityBytes) => written(responses(version), value, capacityBytes),
  };
}

function perVersion<T>(
  spec: { readonly name: string; readonly versions: readonly [number, number] },
  build: (version: number) => Codec<T>,
): (version: number) => Codec<T> {
  const built = new Map<number, Codec<T>>();
  return (version) => {
    const known = built.get(version);
    if (known) return known;
    const [min, max] = spec.versions;
    if (version < min || version > max) {
      throw new RangeError(`${spec.name} v${version} is not described here (have ${min} to ${max})`);
    }
    const made = build(version);
    built.set(version, made);
    return made;
  };
}

function written<T>(codec: Codec<T>, value: T, capacityBytes?: number): Buffer {
  const writer = new Writer(capacityBytes);
  codec.write(writer, value);
  return writer.bytes();
}
