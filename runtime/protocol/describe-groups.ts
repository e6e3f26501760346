/**
 * DescribeGroups (key 15), versions 0–6: state and members of classic groups.
 *   v1  throttle time
 *   v3  authorized operations, as bits
 *   v4  group instance id (static membership)
 *   v5  compact encoding
 *   v6  an unknown group is error 69 with a message (before: state `Dead` without an error)
 */
import { defineApi } from './api.ts';
import { operationsUnknown } from './metadata.ts';

export const describeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  request: (c, v) =>
    c.struct({
      groupIds: c.array(c.string()),
      includeOperations: v >= 3 ? c.bool() : c.absent(false),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: v >= 1 ? c.int32() : c.absent(0),
      groups: c.array(
        c.struct({
          errorCode: c.int16(),
          errorMessage: v >= 6 ? c.nullableString() : c.absent(null),
          groupId: c.string(),
          state: c.string(),
          protocolType: c.string(),
          /** Known while the group is stable, else empty; so are the bytes of the members. */
          protocolName: c.string(),
          members: c.array(
            c.struct({
              memberId: c.string(),
              instanceId: v >= 4 ? c.nullableString() : c.absent(null),
              clientId: c.string(),
              clientHost: c.string(),
              metadata: c.bytes(),
              assignment: c.bytes(),
            }),
          ),
          operations: v >= 3 ? c.int32() : c.absent(operationsUnknown),
        }),
      ),
    }),
});
