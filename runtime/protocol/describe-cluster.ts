/**
 * DescribeCluster (key 60), versions 0–2: cluster id, controller and brokers, compact from the start.
 *   v1  brokers or controllers may be asked for (KIP-919)
 *   v2  fenced brokers may be included (KIP-1073)
 */
import { defineApi } from './api.ts';

/** Values of `endpointType`. */
export const endpointTypes = { brokers: 1, controllers: 2 } as const;

export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: (c, v) =>
    c.struct({
      includeClusterOperations: c.bool(),
      endpointType: v >= 1 ? c.int8() : c.absent(1),
      includeFencedBrokers: v >= 2 ? c.bool() : c.absent(false),
    }),
  response: (c, v) =>
    c.struct({
      throttleTimeMs: c.int32(),
      errorCode: c.int16(),
      errorMessage: c.nullableString(),
      endpointType: v >= 1 ? c.int8() : c.absent(1),
      clusterId: c.string(),
      controllerId: c.int32(),
      brokers: c.array(
        c.struct({
          nodeId: c.int32(),
          host: c.string(),
          port: c.int32(),
          rack: c.nullableString(),
          fenced: v >= 2 ? c.bool() : c.absent(false),
        }),
      ),
      clusterOperations: c.int32(),
    }),
});
