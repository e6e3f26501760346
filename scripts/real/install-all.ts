/** `npm run real:install`: fetches every real system that the tests can use, so that no test waits for a download. */
import { installKafka, kafkaSupport } from './kafka-install.ts';
import { findKcat } from './kcat.ts';
import { findPython, installPython } from './python.ts';

const kafka = await kafkaSupport();
console.log(kafka.kind === 'ready' ? `Apache Kafka: ${await folder(installKafka)}` : `Apache Kafka: ${kafka.reason}`);
console.log(
  (await findPython()) === null ? 'Python peers: no Python 3.13' : `Python peers: ${await folder(installPython)}`,
);
console.log(`kcat: ${(await findKcat()) ?? 'not installed'}`);

async function folder(install: () => Promise<string>): Promise<string> {
  await install();
  return 'ready';
}
