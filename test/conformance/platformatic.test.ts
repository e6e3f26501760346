// The @platformatic/kafka adapter keeps the promises of the client port, on the embedded broker and on Apache Kafka.
import { createBroker } from '../../runtime/broker/broker.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { seededRandom } from '../../runtime/core/random.ts';
import { loadPlatformaticClient } from '../../runtime/kafka/platformatic/client.ts';
import { clientConformance } from '../../runtime/testing/client-conformance.ts';
import { realKafka } from '../real/support/real-kafka.ts';

const create = await loadPlatformaticClient();

clientConformance('@platformatic/kafka, embedded broker', {
  create,
  broker: () => createBroker({ clock: systemClock, random: seededRandom(1) }),
});

const kafka = await realKafka();
if (!kafka.missing) {
  const [host, port] = kafka.brokers.split(',')[0]!.split(':');
  clientConformance('@platformatic/kafka, Apache Kafka', {
    create,
    broker: async () => ({ address: { host: host!, port: Number(port) }, close: async () => {} }),
  });
}
