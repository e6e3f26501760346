/**
 * The hint that Produce and Fetch answer with when the leader of a partition has moved (KIP-951): its id and epoch at
 * the partition, its address once per response. It saves the client a Metadata request.
 */
import type { Words } from './codec.ts';

export function currentLeader(c: Words) {
  return c.struct({ leader: c.int32(), leaderEpoch: c.int32() });
}

export function nodeEndpoints(c: Words) {
  return c.array(c.struct({ nodeId: c.int32(), host: c.string(), port: c.int32(), rack: c.nullableString() }));
}
