/** The Kafka client on top of @platformatic/kafka. See `port.ts` for the contract. */
import type { KafkaClientOptions } from '../client-options.ts';
import type { KafkaClient } from '../port.ts';
import { WireClient } from '../wire-client.ts';
import { createLibraryConnection } from './library-connection.ts';

/** Importing the library takes close to a second (it brings schema registries along), so only who chose it pays. */
export async function loadPlatformaticClient(): Promise<(options: KafkaClientOptions) => KafkaClient> {
  const library = await import('@platformatic/kafka');
  return (options) => new WireClient(options, (transport) => createLibraryConnection(library, transport));
}
