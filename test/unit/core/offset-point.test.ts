import { expect, test } from 'vitest';
import { parseOffsetPoint } from '../../../runtime/core/offset-point.ts';

test.each([
  ['earliest', { kind: 'earliest' }],
  ['latest', { kind: 'latest' }],
  ['0', { kind: 'offset', offset: 0 }],
  ['4711', { kind: 'offset', offset: 4711 }],
  ['2026-11-21', { kind: 'time', timeMs: Date.UTC(2026, 10, 21) }],
  ['2026-11-21T12:00Z', { kind: 'time', timeMs: Date.UTC(2026, 10, 21, 12) }],
  ['2026-11-21T12:00:00.5+02:00', { kind: 'time', timeMs: Date.UTC(2026, 10, 21, 10, 0, 0, 500) }],
])('%s', (text, point) => {
  expect(parseOffsetPoint(text)).toEqual(point);
});

// Row C3. A time without a zone means something else on every machine.
test.each(['', '-1', '1.5', '1e3', 'Earliest', '99999999999999999', '2026-13-01', '2026-11-21T12:00:00', 'yesterday'])(
  '"%s" is no point',
  (text) => {
    expect(parseOffsetPoint(text)).toBeNull();
  },
);
