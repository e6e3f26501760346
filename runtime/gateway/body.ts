/** Reads the body of a request: JSON in UTF-8, an object, not too deep, without what would poison a prototype. */
import type { FastifyInstance } from 'fastify';
import { gatewayLimits } from './limits.ts';

export interface Body {
  /** As it came, for telling a repeat from another request. */
  readonly bytes: Buffer;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The request is at fault; its text goes to the client. */
class BodyError extends Error {
  readonly statusCode: 400 | 415;

  constructor(message: string, statusCode: 400 | 415 = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Makes `request.body` a `Body`, or undefined where there was none; other types of content are answered 415. */
export function readBodies(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    const fault = encodingFault(request.headers['content-type'], request.headers['content-encoding']);
    if (fault !== null) return done(fault);
    const text = decode(bytes as Buffer);
    if (text === null) return done(new BodyError('the body is not UTF-8'));
    void parseJson(request, text, (error, value) => {
      if (error !== null) return done(new BodyError('the body is not JSON, or has a key such as __proto__'));
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return done(new BodyError('the body has to be a JSON object'));
      }
      if (isDeeper(value, gatewayLimits.bodyDepth)) {
        return done(new BodyError(`the body has more than ${gatewayLimits.bodyDepth} levels`));
      }
      done(null, { bytes: bytes as Buffer, value } satisfies Body);
    });
  });
}

function encodingFault(type = '', encoding = 'identity'): BodyError | null {
  const charset = /;\s*charset="?([^";\s]*)/i.exec(type)?.[1] ?? 'utf-8';
  if (encoding !== 'identity') return new BodyError('content-encoding: want a body that is not compressed', 415);
  return /^utf-?8$/i.test(charset) ? null : new BodyError('charset: want utf-8', 415);
}

function decode(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Without recursion: that is what it protects others from. */
function isDeeper(value: object, levels: number): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > levels) return true;
    const next: object[] = [];
    for (const parent of level) {
      for (const child of Object.values(parent)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}
