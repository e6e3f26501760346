/**
 * The id under which an idempotent producer numbers its batches, so that a batch sent twice is written once.
 *
 *   none ── request ──▶ requesting ── answered ──▶ current ── drop (the broker lost count) ──▶ none
 *
 * A partition keeps the id it began with. When it has to begin anew it drops that id and takes the next one; the others
 * go on under theirs, for the broker counts each partition by itself.
 */

import type { KafkaClient } from '../kafka/port.ts';
import { initProducerId } from '../protocol/init-producer-id.ts';
import { refusal } from './produce-errors.ts';

export interface ProducerId {
  readonly id: number;
  readonly epoch: number;
}

export class ProducerIds {
  readonly #client: KafkaClient;
  #current: ProducerId | null = null;
  #requesting: Promise<void> | null = null;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  get current(): ProducerId | null {
    return this.#current;
  }

  /**
   * Resolves when there is a current id. Callers at the same time share one request.
   * @throws KafkaError
   */
  request(): Promise<void> {
    this.#requesting ??= this.#request().finally(() => {
      this.#requesting = null;
    });
    return this.#requesting;
  }

  /** Has no effect when the id was dropped before. */
  drop(id: ProducerId | null): void {
    if (this.#current === id) this.#current = null;
  }

  async #request(): Promise<void> {
    const response = await this.#client.send('any', 'produce', initProducerId, {
      transactionalId: null,
      transactionTimeoutMs: 0,
      producerId: -1,
      producerEpoch: -1,
    });
    if (response.errorCode !== 0) throw refusal('the request for a producer id', response.errorCode);
    this.#current = { id: response.producerId, epoch: response.producerEpoch };
  }
}
