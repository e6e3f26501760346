/**
 * Decodes a record's value: strict UTF-8, strict JSON, at most 200 levels deep (rows R4, R5, R7, R10 of the bad input
 * tables). The same bytes fail the same way every time, so a failure is never worth another attempt.
 */

import { isUtf8 } from 'node:buffer';

/** The value does not decode. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

const depthMax = 200;
const positionSearchMax = 64 * 1024; // characters; finding the position parses the text about 16 times
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const unexpectedToken = /^Unexpected token/;
const quote = 0x22;
const replacement = '\ufffd';
const backslash = 0x5c;

/** @throws DecodeError */
export function decodeJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new DecodeError('the value is empty, expected JSON');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new DecodeError('the value begins with a byte order mark, expected JSON');
  }
  const text = decodeText(bytes, 'the value');
  checkDepth(text, bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new DecodeError(`the value is not JSON: ${message}${position(text, message)}`);
  }
}

/** Strict UTF-8. @param what for the message @throws DecodeError */
export function decodeText(bytes: Buffer, what: string): string {
  const text = bytes.toString();
  // Invalid bytes become replacement characters; checking only texts that have one is three times as fast as TextDecoder.
  if (text.includes(replacement) && !isUtf8(bytes)) throw new DecodeError(`${what} is not valid UTF-8`);
  return text;
}

function checkDepth(text: string, bytes: Buffer): void {
  // Few values open as many as 200 braces and brackets; to look for those in a text is much faster than in bytes.
  if (count(text, '{') + count(text, '[') <= depthMax) return;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === quote) i = endOfString(bytes, i);
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > depthMax) throw new DecodeError(`the value is nested deeper than ${depthMax} levels at byte ${i}`);
    } else if (byte === closeBrace || byte === closeBracket) depth--;
  }
}

/** @returns at most one more than the limit */
function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0 && found <= depthMax; at = text.indexOf(character, at + 1)) found++;
  return found;
}

function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
  return i;
}

/**
 * V8 leaves the position out for an unexpected character. A text cut before that character fails in another way, so the
 * shortest one that fails in this way is found by halving.
 */
function position(text: string, message: string): string {
  if (/at position \d/.test(message)) return '';
  if (!unexpectedToken.test(message)) return ` (position ${text.length})`;
  if (text.length > positionSearchMax) return '';
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (unexpectedToken.test(mistake(text.slice(0, middle)))) bad = middle;
    else good = middle;
  }
  return ` (position ${bad - 1})`;
}

function mistake(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
