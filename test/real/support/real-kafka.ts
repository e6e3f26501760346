/**
 * Gives a test file the real Kafka of this run:
 *
 *   const kafka = await realKafka();
 *   describe.skipIf(kafka.missing)('…', () => {
 *     test('…', async () => { … kafka.brokers … });
 *   });
 *
 * The broker is shared by all test files of a run and may be anybody's (KAFKA_BROKERS): use topic and group names
 * that nobody else has. A test that kills brokers starts its own with `scripts/real/kafka.ts`.
 */
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { inject } from 'vitest';
import type { KafkaAnswer } from './global-setup.ts';

export type RealKafka = {
  /** True when there is no Kafka here; the reason was printed once for the whole run. */
  readonly missing: boolean;
  /** Comma-separated `host:port`. Throws when `missing`. */
  readonly brokers: string;
};

/**
 * Waits until Kafka answers; the first call of a run starts it (about 5 s, and 20 s more for the first download).
 *
 * @throws with REQUIRE_KAFKA=1, when there is no Kafka: the test file fails then instead of being skipped
 */
export async function realKafka(): Promise<RealKafka> {
  const answer = await ask(inject('realKafkaPort'));
  if (answer.kind === 'missing' && process.env.REQUIRE_KAFKA === '1') {
    throw new Error(`REQUIRE_KAFKA=1 asks for tests on real Kafka, but: ${answer.reason}`);
  }
  return {
    missing: answer.kind === 'missing',
    get brokers() {
      if (answer.kind === 'missing') throw new Error(`no real Kafka: ${answer.reason}`);
      return answer.brokers;
    },
  };
}

/** Not `fetch`: its connection pool would look like a socket that a test has left open. */
function ask(port: number): Promise<KafkaAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent: false };
    request(options, (response) => json(response).then((body) => resolve(body as KafkaAnswer), reject))
      .on('error', reject)
      .end();
  });
}
