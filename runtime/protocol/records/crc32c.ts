/** The checksum of a record batch: CRC32C (Castagnoli), which is not the polynomial of `zlib.crc32`. */
import { crc32c as castagnoli } from '@node-rs/crc32';
import { ProtocolError } from '../reader.ts';
import { type BatchHeader, batchLayout } from './batch-header.ts';

/** @returns an unsigned 32-bit number */
export function crc32c(bytes: Uint8Array): number {
  return castagnoli(bytes) >>> 0;
}

/** @param at first byte of the batch @throws ProtocolError when a byte changed on the way */
export function checkCrc(bytes: Buffer, at: number, header: BatchHeader): void {
  const found = crc32c(bytes.subarray(at + batchLayout.attributes, at + header.length));
  if (found !== header.crc) {
    throw new ProtocolError(
      `batch at offset ${header.baseOffset}: checksum ${hex(found)}, its header says ${hex(header.crc)}`,
    );
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
