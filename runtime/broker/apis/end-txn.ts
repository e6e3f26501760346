/** EndTxn: see `transactions/producer-registry.ts`. From v5 on every transaction would have an epoch of its own. */
import { endTxn } from '../../protocol/end-txn.ts';
import { answer } from '../answer.ts';

const maxVersion = 4;

export const handleEndTxn = answer(
  endTxn,
  (request, { producers }) => response(producers.end(request, request.committed)),
  (_, errorCode) => response(errorCode),
  { maxVersion },
);

function response(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}
