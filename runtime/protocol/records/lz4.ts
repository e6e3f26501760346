/**
 * LZ4 frames, as Kafka stores them since format v2. The library decodes without a limit, so the decoded size is counted
 * here first, by walking the block structure without copying anything: 1 MB of input may announce 255 MB of output.
 *
 *   frame:  magic, flags, block size code, [content size 8], [dictionary id 4], header checksum,
 *           blocks of (length 4, bytes, [checksum 4]), length 0, [content checksum 4]
 *   block:  sequences of (token, literals, match offset 2, match length); the last one ends after its literals
 */
import { ProtocolError } from '../reader.ts';
import { runWasm } from './wasm-codecs.ts';

const frameMagic = 0x184d2204;
const flag = { dictionary: 0x01, contentSize: 0x08, blockChecksum: 0x10 } as const;
const uncompressedBlock = 0x8000_0000;
const shortestMatch = 4;

export function compressLz4(bytes: Buffer): Buffer {
  return runWasm('lz4_compress', bytes);
}

/** @param maxBytes the most that may come out @throws ProtocolError */
export function decompressLz4(bytes: Buffer, maxBytes: number): Buffer {
  const size = decodedSize(bytes);
  if (size > maxBytes) throw new ProtocolError(`lz4 data unpacks to ${size} bytes, at most ${maxBytes} are allowed`);
  try {
    return runWasm('lz4_decompress', bytes);
  } catch (error) {
    throw new ProtocolError('an lz4 frame does not decode', { cause: error });
  }
}

function decodedSize(bytes: Buffer): number {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== frameMagic) throw new ProtocolError('expected an lz4 frame');
  const flags = bytes[4]!;
  let at = 7 + ((flags & flag.contentSize) !== 0 ? 8 : 0) + ((flags & flag.dictionary) !== 0 ? 4 : 0);
  let size = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    if (length === 0) return size;
    const compressedLength = length % uncompressedBlock;
    const start = at + 4;
    if (start + compressedLength > bytes.length) break;
    size += length >= uncompressedBlock ? compressedLength : blockSize(bytes, start, start + compressedLength);
    at = start + compressedLength + ((flags & flag.blockChecksum) !== 0 ? 4 : 0);
  }
  throw new ProtocolError('an lz4 frame is cut');
}

function blockSize(bytes: Buffer, start: number, end: number): number {
  let size = 0;
  let at = start;
  while (at < end) {
    const token = bytes[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      for (let more = 255; more === 255 && at < end; ) literals += more = bytes[at++]!;
    }
    size += literals;
    at += literals;
    if (at >= end) break;
    at += 2;
    let match = (token & 15) + shortestMatch;
    if ((token & 15) === 15) {
      for (let more = 255; more === 255 && at < end; ) match += more = bytes[at++]!;
    }
    size += match;
  }
  return size;
}
