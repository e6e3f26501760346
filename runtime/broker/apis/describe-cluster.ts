/** DescribeCluster: one broker, which is the controller too. */
import { describeCluster, endpointTypes } from '../../protocol/describe-cluster.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { operationsUnknown } from '../../protocol/metadata.ts';
import { answer } from '../answer.ts';
import { nodeId } from '../broker-state.ts';

export const handleDescribeCluster = answer(
  describeCluster,
  ({ endpointType }, state) => {
    const none = refused(state.clusterId, kafkaErrors.MISMATCHED_ENDPOINT_TYPE);
    if (endpointType !== endpointTypes.brokers) return { ...none, errorMessage: 'controllers cannot be asked here' };
    const brokers = [{ nodeId, ...state.address(), rack: null, fenced: false }];
    return { ...none, errorCode: kafkaErrors.NONE, controllerId: nodeId, brokers };
  },
  (_, errorCode) => refused('', errorCode),
);

function refused(clusterId: string, errorCode: number) {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage: null,
    endpointType: endpointTypes.brokers,
    clusterId,
    controllerId: -1,
    brokers: [],
    clusterOperations: operationsUnknown,
  };
}
