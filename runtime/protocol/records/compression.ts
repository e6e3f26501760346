/**
 * Packs and unpacks the records of a batch with any of Kafka's codecs, none of which needs a compiler to install.
 * Unpacking has a limit: what comes from the network must not decide how much memory is taken.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Compression } from '../../core/settings.ts';
import { ProtocolError } from '../reader.ts';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';
import { gzipUnpackedSize, zstdUnpackedSize } from './unpacked-size.ts';

const chunkMin = 16 * 1024;

export function compress(codec: Compression, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipSync(bytes);
    case 'snappy':
      return compressSnappy(bytes);
    case 'lz4':
      return compressLz4(bytes);
    case 'zstd':
      return zstdCompressSync(bytes);
    default:
      return codec satisfies never;
  }
}

/**
 * @param maxBytes the most that may come out, `batch.maxDecompressed`; uncompressed records are not limited by it
 * @returns the same bytes for `none`, else new ones @throws ProtocolError
 */
export function decompress(codec: Compression, bytes: Buffer, maxBytes: number): Buffer {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return unzip(codec, gzipUnpackedSize(bytes), maxBytes, (limits) => gunzipSync(bytes, limits));
    case 'snappy':
      return decompressSnappy(bytes, maxBytes);
    case 'lz4':
      return decompressLz4(bytes, maxBytes);
    case 'zstd':
      return unzip(codec, zstdUnpackedSize(bytes), maxBytes, (limits) => zstdDecompressSync(bytes, limits));
    default:
      return codec satisfies never;
  }
}

/**
 * @param size what the data says, null when it does not
 * @param run called with a chunk size that the output fits into: joining chunks of Node's own size, 16 KiB, cost a third
 *   more time with records of 63 KB
 */
function unzip(
  codec: Compression,
  size: number | null,
  maxOutputLength: number,
  run: (limits: { readonly maxOutputLength: number; readonly chunkSize: number }) => Buffer,
): Buffer {
  if (size !== null && size > maxOutputLength) throw tooLarge(codec, maxOutputLength);
  try {
    return run({ maxOutputLength, chunkSize: Math.max(chunkMin, (size ?? 0) + 1) });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(codec, maxOutputLength, error);
    throw new ProtocolError(`${codec} data does not decode (${code})`, { cause: error });
  }
}

function tooLarge(codec: Compression, maxBytes: number, cause?: unknown): ProtocolError {
  return new ProtocolError(`${codec} data unpacks to more than ${maxBytes} bytes`, { cause });
}
