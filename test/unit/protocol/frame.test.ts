import { expect, test } from 'vitest';
import { readRequestHeader, responseHasTags, skipTags, writeRequestHeader } from '../../../runtime/protocol/frame.ts';
import { ProtocolError, Reader } from '../../../runtime/protocol/reader.ts';
import { Writer } from '../../../runtime/protocol/writer.ts';

test.each([
  { clientId: 'réader', flexible: false },
  { clientId: null, flexible: true },
])('a request header comes back (%o)', ({ clientId, flexible }) => {
  const header = { apiKey: 12, apiVersion: 4, correlationId: 77, clientId };
  const w = new Writer();
  writeRequestHeader(w, header, flexible);
  const r = new Reader(w.bytes());
  expect(readRequestHeader(r)).toEqual(header);
  if (flexible) skipTags(r);
  expect(r.remaining).toBe(0);
});

test('only the response header of ApiVersions never has tags', () => {
  expect(responseHasTags(18, true)).toBe(false);
  expect(responseHasTags(3, true)).toBe(true);
  expect(responseHasTags(3, false)).toBe(false);
});

test('tags of a header are skipped, and refused when they do not fit', () => {
  const r = new Reader(Buffer.from('020001aa' + '0500' + 'bb', 'hex'));
  skipTags(r);
  expect(r.remaining).toBe(1);
  expect(() => skipTags(new Reader(Buffer.from('010009aa', 'hex')))).toThrow(ProtocolError);
});
