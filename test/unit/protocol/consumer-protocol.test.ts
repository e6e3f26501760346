import { expect, test } from 'vitest';
import {
  readAssignment,
  readSubscription,
  type Subscription,
  writeAssignment,
  writeSubscription,
} from '../../../runtime/protocol/consumer-protocol.ts';
import { ProtocolError } from '../../../runtime/protocol/reader.ts';

const subscription: Subscription = {
  version: 3,
  topics: ['orders', 'bills'],
  userData: Buffer.from('mine'),
  owned: [{ name: 'orders', partitions: [0, 2] }],
  generation: 7,
  rackId: 'r1',
};

test('a subscription comes back with the fields of its version', () => {
  const older = { owned: [], generation: -1, rackId: null };
  expect(readSubscription(writeSubscription(subscription))).toEqual(subscription);
  expect(readSubscription(writeSubscription({ ...subscription, version: 2 }))).toEqual({
    ...subscription,
    version: 2,
    rackId: null,
  });
  expect(readSubscription(writeSubscription({ ...subscription, version: 0 }))).toEqual({
    ...subscription,
    ...older,
    version: 0,
  });
});

test('the bytes are those that the classic protocol says', () => {
  const bytes = writeSubscription({ ...subscription, version: 1, topics: ['a'], userData: null });
  expect(bytes.toString('hex')).toBe(
    ['0001', '00000001', '000161', 'ffffffff', '00000001', '00066f7264657273', '00000002', '00000000', '00000002'].join(
      '',
    ),
  );
});

test('an assignment comes back', () => {
  const assignment = { version: 1, topics: [{ name: 'orders', partitions: [1] }], userData: null };
  expect(readAssignment(writeAssignment(assignment))).toEqual(assignment);
});

test('no bytes are an assignment without partitions', () => {
  expect(readAssignment(Buffer.alloc(0)).topics).toEqual([]);
});

test('a newer version is read as the newest one known', () => {
  const newer = Buffer.concat([writeSubscription(subscription), Buffer.from('further fields')]);
  newer.writeInt16BE(9, 0);
  expect(readSubscription(newer)).toEqual({ ...subscription, version: 9 });
  expect(() => writeSubscription({ ...subscription, version: 9 })).toThrow('consumer protocol v9');
});

test('bytes that are no subscription are refused', () => {
  const bytes = writeSubscription(subscription);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => readSubscription(bytes.subarray(0, length)), `${length} bytes`).toThrow(ProtocolError);
  }
  expect(() => readSubscription(Buffer.from('ffff', 'hex'))).toThrow(ProtocolError);
});
