/**
 * What packed data says of its size when it is unpacked. It may say nothing, or lie: whoever unpacks keeps a limit. But
 * an honest batch that is too large costs no memory, and any other is unpacked into one piece.
 */

/** RFC 1952, 2.3.1: ISIZE, the last four bytes, is the size modulo 2^32. @returns bytes, null when it does not say */
export function gzipUnpackedSize(bytes: Buffer): number | null {
  return bytes.length < gzipMin ? null : bytes.readUInt32LE(bytes.length - 4);
}

const gzipMin = 18; // header and trailer

/** RFC 8878, 3.1.1.1: Frame_Content_Size of the first frame. @returns bytes, null when it does not say */
export function zstdUnpackedSize(bytes: Buffer): number | null {
  if (bytes.length < zstdMin || bytes.readUInt32LE(0) !== zstdMagic) return null;
  const descriptor = bytes[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + windowBytes + dictionaryBytes;
  const width = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
  if (width === 0 || bytes.length < at + width) return null;
  if (width === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, width) + (width === 2 ? 256 : 0);
}

const zstdMagic = 0xfd2fb528;
const zstdMin = 5; // magic number and descriptor
