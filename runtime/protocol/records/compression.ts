/**
 * Packs and unpacks the records of a batch with any of Kafka's codecs, none of which needs a compiler to install.
 * Unpacking has a limit: what comes from the network must not decide how much memory is taken.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Compression } from '../../core/settings.ts';
import { ProtocolError } from '../reader.ts';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';

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
      return unzip(codec, maxBytes, () => gunzipSync(bytes, { maxOutputLength: maxBytes }));
    case 'snappy':
      return decompressSnappy(bytes, maxBytes);
    case 'lz4':
      return decompressLz4(bytes, maxBytes);
    case 'zstd':
      return unzip(codec, maxBytes, () => zstdDecompressSync(bytes, { maxOutputLength: maxBytes }));
    default:
      return codec satisfies never;
  }
}

function unzip(codec: Compression, maxBytes: number, run: () => Buffer): Buffer {
  try {
    return run();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what =
      code === 'ERR_BUFFER_TOO_LARGE' ? `unpacks to more than ${maxBytes} bytes` : `does not decode (${code})`;
    throw new ProtocolError(`${codec} data ${what}`, { cause: error });
  }
}
