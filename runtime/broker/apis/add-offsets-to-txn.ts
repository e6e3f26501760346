/** AddOffsetsToTxn: see `transactions/producer-registry.ts`. */
import { addOffsetsToTxn } from '../../protocol/add-offsets-to-txn.ts';
import { answer } from '../answer.ts';

export const handleAddOffsetsToTxn = answer(
  addOffsetsToTxn,
  (request, { producers }) => ({ throttleTimeMs: 0, errorCode: producers.addGroup(request, request.groupId) }),
  (_, errorCode) => ({ throttleTimeMs: 0, errorCode }),
);
