/**
 * Snappy as Kafka clients write it: the Java client frames it (xerial: a header of 16 bytes, then blocks, each after
 * its length), librdkafka and Go clients write one raw block. The library knows raw blocks only, so frames are split here.
 */
import { ProtocolError } from '../reader.ts';
import { runWasm } from './wasm-codecs.ts';

const magic = Buffer.from('82534e4150505900', 'hex'); // \x82SNAPPY\0, then version 1 and lowest readable version 1
const frameHeaderBytes = 16;
const blockBytes = 32 * 1024; // the block size of the Java client

/** @returns a xerial frame: every Kafka client reads it */
export function compressSnappy(bytes: Buffer): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  magic.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  const parts: Buffer[] = [header];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = runWasm('snappy_compress', bytes.subarray(at, at + blockBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/**
 * @param maxBytes the most that may come out: every block announces its size, so a larger one is refused unread
 * @throws ProtocolError
 */
export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    checkSize(announcedSize(bytes), maxBytes);
    return decompressBlock(bytes);
  }
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = frameHeaderBytes; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
    if (length < 0 || length > bytes.length - at - 4)
      throw new ProtocolError(`snappy block of ${length} bytes at ${at}`);
    const block = bytes.subarray(at + 4, at + 4 + length);
    total += announcedSize(block);
    checkSize(total, maxBytes);
    blocks.push(block);
    at += 4 + length;
  }
  return Buffer.concat(blocks.map(decompressBlock), total);
}

function decompressBlock(block: Buffer): Buffer {
  try {
    return runWasm('snappy_decompress', block);
  } catch (error) {
    throw new ProtocolError('a snappy block does not decode', { cause: error });
  }
}

/** A raw block begins with its decoded size, an unsigned LEB128 number. */
function announcedSize(block: Buffer): number {
  let size = 0;
  for (let i = 0; i < 5 && i < block.length; i++) {
    const byte = block[i]!;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return size;
  }
  throw new ProtocolError('a snappy block does not begin with its size');
}

function checkSize(size: number, maxBytes: number): void {
  if (size > maxBytes) throw new ProtocolError(`snappy data unpacks to ${size} bytes, at most ${maxBytes} are allowed`);
}
