/**
 * Which records are the same one (`dedupe.by`), as a text that a table can hold:
 *
 *   the id                     `5f0c…`                  as it is, where it is short and printable
 *   a long or strange one      `@sha256:…`
 *   none                       `@topic/partition/offset/timestamp`, for those who want one for every record
 */
import { createHash } from 'node:crypto';
import type { KeySource } from '../core/settings.ts';
import { keyReader } from './lane-key.ts';
import { type RecordEvent, readRecord } from './record-event.ts';

/** Begins with no @, and is a fraction of what an index of PostgreSQL takes. */
const plain = /^[\x20-\x3f\x41-\x7e][\x20-\x7e]{0,199}$/;

/** @returns null for a record without an id; an empty one counts as none */
export function recordIdOf(by: KeySource): (event: RecordEvent) => string | null {
  const read = keyReader(by);
  return (event) => {
    const id = readRecord(event, read);
    if (id === null || id === '') return null;
    // UTF-16 keeps texts apart that are no valid Unicode.
    return plain.test(id) ? id : `@sha256:${createHash('sha256').update(id, 'utf16le').digest('base64url')}`;
  };
}

/** With the time of the record, so that a topic which was made anew does not repeat it. */
export function placeIdOf(event: RecordEvent): string {
  return `@${event.topic}/${event.partition}/${event.offset}/${event.timestamp.getTime()}`;
}
