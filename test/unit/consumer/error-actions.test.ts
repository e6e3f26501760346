// Every code of the wire notes leads to the action written there; an unknown one never leads to a loop.
import { expect, test } from 'vitest';
import { actionFor, type ErrorAction, fatalError, type RequestKind } from '../../../runtime/consumer/error-actions.ts';

const groupRequests: readonly RequestKind[] = ['join', 'sync', 'heartbeat', 'commit', 'offsetFetch'];

test.each<[readonly RequestKind[], number, ErrorAction]>([
  [['fetch'], 1, 'reset'],
  [['fetch'], 2, 'reread'],
  [['fetch'], 87, 'reread'],
  [['fetch', 'listOffsets'], 3, 'refresh'],
  [['fetch'], 100, 'refresh'],
  [['fetch'], 103, 'refresh'],
  [['fetch', 'listOffsets'], 5, 'refresh'],
  [['fetch', 'listOffsets'], 6, 'refresh'],
  [['fetch', 'listOffsets'], 9, 'refresh'],
  [['fetch', 'listOffsets'], 56, 'refresh'],
  [['fetch', 'listOffsets'], 74, 'refresh'],
  [['fetch'], 75, 'refresh'],
  [['listOffsets'], 78, 'retry'],
  [['fetch', 'listOffsets', ...groupRequests], -1, 'retry'],
  [['fetch', 'listOffsets', ...groupRequests], 7, 'retry'],
  [groupRequests, 14, 'retry'],
  [groupRequests, 15, 'findCoordinator'],
  [groupRequests, 16, 'findCoordinator'],
  [['sync', 'heartbeat', 'commit'], 22, 'lost'],
  [['join', 'sync', 'heartbeat', 'commit'], 25, 'forgotten'],
  [['heartbeat', 'commit'], 27, 'drain'],
  [['join', 'sync'], 27, 'rejoin'],
  [['join'], 79, 'takeMemberId'],
  [['join', 'sync', 'heartbeat', 'commit'], 82, 'fatal'],
  [['commit'], 12, 'plain'],
  [['commit'], 28, 'fatal'],
  [['join'], 23, 'fatal'],
  [['join'], 26, 'fatal'],
  [['fetch', 'listOffsets', ...groupRequests], 29, 'fatal'],
  [['fetch', 'listOffsets', ...groupRequests], 30, 'fatal'],
  [['fetch', 'listOffsets', ...groupRequests], 31, 'fatal'],
  [['fetch', 'listOffsets', ...groupRequests], 35, 'fatal'],
  [['fetch', 'listOffsets', ...groupRequests], 58, 'fatal'],
  [['offsetFetch'], 88, 'retry'],
  [['fetch', ...groupRequests], 32_000, 'fatal'],
])('%j answered %d: %s', (requests, code, action) => {
  for (const request of requests) expect(`${request} ${actionFor(request, code)}`).toBe(`${request} ${action}`);
});

test('a fatal error names the refusal and what to do', () => {
  const error = fatalError('joining group g', 30);
  expect(error.message).toBe(
    'joining group g was refused with GROUP_AUTHORIZATION_FAILED (30): allow READ on the group',
  );
  expect(error).toMatchObject({ retryable: false, kafkaError: { code: 30, name: 'GROUP_AUTHORIZATION_FAILED' } });
});
