/** InitProducerId: see `transactions/producer-registry.ts`. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { initProducerId } from '../../protocol/init-producer-id.ts';
import { answer } from '../answer.ts';

export const handleInitProducerId = answer(
  initProducerId,
  ({ transactionalId, transactionTimeoutMs, producerId, producerEpoch }, { producers }) => {
    const given =
      transactionalId === null
        ? producers.initIdempotent(producerId, producerEpoch)
        : producers.initTransactional(transactionalId, transactionTimeoutMs, { producerId, epoch: producerEpoch });
    if (given.kind === 'refused') return refused(given.errorCode);
    const { epoch } = given;
    return { throttleTimeMs: 0, errorCode: kafkaErrors.NONE, producerId: given.producerId, producerEpoch: epoch };
  },
  (_, errorCode) => refused(errorCode),
);

function refused(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}
