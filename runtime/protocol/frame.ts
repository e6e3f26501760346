/**
 * Request and response headers. A frame on the wire is an int32 length, then a header, then the body of `api.ts`.
 *
 *   request   apiKey int16, apiVersion int16, correlationId int32, clientId nullable string (never compact), [tags]
 *   response  correlationId int32, [tags]
 *
 * Flexible versions add the tag section, with one exception: the response to ApiVersions (key 18) never has it, so that
 * a client can read the answer of a broker that does not know the version asked for (KIP-511).
 */
import { ProtocolError, type Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

const apiVersionsKey = 18;

/**
 * Reads all but the tag section, whose presence depends on the API: call `skipTags` once that is known.
 * @throws ProtocolError when the frame is shorter than a header
 */
export function readRequestHeader(r: Reader): RequestHeader {
  const apiKey = r.int16();
  const apiVersion = r.int16();
  const correlationId = r.int32();
  const clientIdLength = r.int16();
  const clientId = clientIdLength < 0 ? null : r.utf8(clientIdLength);
  return { apiKey, apiVersion, correlationId, clientId };
}

/** @param flexible whether the version of the API is flexible, so that an (empty) tag section follows */
export function writeRequestHeader(w: Writer, header: RequestHeader, flexible: boolean): void {
  w.int16(header.apiKey);
  w.int16(header.apiVersion);
  w.int32(header.correlationId);
  if (header.clientId === null) w.int16(-1);
  else {
    const clientId = Buffer.from(header.clientId, 'utf8');
    w.int16(clientId.length);
    w.raw(clientId);
  }
  if (flexible) w.uvarint(0);
}

/** True where the response header of this API ends in a tag section. */
export function responseHasTags(apiKey: number, flexible: boolean): boolean {
  return flexible && apiKey !== apiVersionsKey;
}

/** @throws ProtocolError when a tag claims more bytes than there are */
export function skipTags(r: Reader): void {
  for (let left = r.uvarint(); left > 0; left--) {
    r.uvarint();
    const length = r.uvarint();
    if (length > r.remaining) throw new ProtocolError(`a tag of ${length} bytes, ${r.remaining} left`);
    r.raw(length);
  }
}
