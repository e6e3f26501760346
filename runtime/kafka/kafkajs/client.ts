/** The Kafka client on top of kafkajs. See `port.ts` for the contract. */
import type { KafkaClientOptions } from '../client-options.ts';
import type { KafkaClient } from '../port.ts';
import { WireClient } from '../wire-client.ts';
import { checkLibrary, createPrivateConnection } from './private-connection.ts';

/** @throws InternalError when the installed kafkajs is not the one that the adapter was written for */
export function createKafkajsClient(options: KafkaClientOptions): KafkaClient {
  checkLibrary();
  return new WireClient(options, createPrivateConnection);
}
