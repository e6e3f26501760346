// Row S-80.
import { expect, test } from 'vitest';
import type { FromThread } from '../../../runtime/core/thread-messages.ts';
import { createLogger } from '../../../runtime/worker/handler-log.ts';

const place = { topic: 'orders.stream', partition: 1, offset: 7, key: 'a', type: 'OrderPlaced' };

test('lines below the level stay in the thread', () => {
  const posted: FromThread[] = [];
  const log = createLogger({ logLevel: 'warn', post: (message) => posted.push(message) }, place, 1);
  log.debug('one');
  log.info('two');
  log.warn('three');
  log.error('four');
  expect(posted.map((message) => message.kind === 'log' && message.line.message)).toEqual(['three', 'four']);
});

test('a line carries the place of its record, and what is no data becomes text', () => {
  const posted: FromThread[] = [];
  const log = createLogger({ logLevel: 'debug', post: (message) => posted.push(message) }, place, 2);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  log.info('placed', { total: 3, when: new Date(0), run: () => {}, circle });
  expect(posted).toEqual([
    {
      kind: 'log',
      line: {
        level: 'info',
        message: 'placed',
        fields: {
          total: 3,
          when: '1970-01-01T00:00:00.000Z',
          run: '() => {}',
          circle: '[object Object]',
          ...place,
          attempt: 2,
        },
      },
    },
  ]);
});
