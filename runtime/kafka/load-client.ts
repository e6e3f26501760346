/** The client library that `kafka.client` names, loaded only when it is chosen. */
import type { KafkaSettings } from '../core/settings.ts';
import { createKafkajsClient } from './kafkajs/client.ts';
import { loadPlatformaticClient } from './platformatic/client.ts';

export async function loadClient(name: KafkaSettings['client']): Promise<typeof createKafkajsClient> {
  return name === 'platformatic' ? loadPlatformaticClient() : createKafkajsClient;
}
