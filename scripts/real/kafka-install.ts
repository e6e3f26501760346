/**
 * Fetches the jars of Apache Kafka with Maven, and says what is missing on this machine to do so.
 * Responsible for versions and coordinates; running the jars is for `kafka.ts` and `java-tools.ts`.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installOnce } from './install-once.ts';

export const kafkaVersion = '4.3.0';

// slf4j-simple prints Kafka's log to stderr; 1.7 is the API version that Kafka 4.3 is built with.
const dependencies = [
  ['org.apache.kafka', 'kafka_2.13', kafkaVersion],
  ['org.apache.kafka', 'kafka-tools', kafkaVersion],
  ['org.slf4j', 'slf4j-simple', '1.7.36'],
] as const;

const run = promisify(execFile);

/** Whether Kafka can be run here: `missing` says in one line what is not there and how to get it. */
export type KafkaSupport = { readonly kind: 'ready' } | { readonly kind: 'missing'; readonly reason: string };

/** Looks for Java 17 or newer and for Maven by running both (an unusable command counts as missing). */
export async function kafkaSupport(): Promise<KafkaSupport> {
  const java = await run('java', ['-version']).catch(() => null);
  const major = Number(/version "(\d+)/.exec(java?.stderr ?? '')?.[1] ?? 0);
  const found = java === null ? 'no `java`' : `Java ${major}`;
  if (major < 17) {
    return { kind: 'missing', reason: `Kafka ${kafkaVersion} needs Java 17 or newer, found ${found}: install a JRE` };
  }
  const maven = await run('mvn', ['-v']).catch(() => null);
  if (maven === null) {
    return { kind: 'missing', reason: `Kafka ${kafkaVersion} comes through Maven, found no \`mvn\`: install maven` };
  }
  return { kind: 'ready' };
}

/**
 * Makes sure that the jars are in `.real-systems/kafka-<version>/libs` (92 files, 54 MB, about 20 s the first time).
 *
 * @returns the absolute path of the folder with the jars
 * @throws when Java or Maven are missing, or Maven fails (its output is in the message)
 */
export async function installKafka(): Promise<string> {
  const folder = await installOnce(`kafka-${kafkaVersion}`, async (temporary) => {
    const support = await kafkaSupport();
    if (support.kind === 'missing') throw new Error(support.reason);
    await writeFile(join(temporary, 'pom.xml'), pom());
    const libs = join(temporary, 'libs');
    await mkdir(libs);
    const args = ['-B', '-q', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${libs}`];
    await run('mvn', args, { cwd: temporary }).catch((error: { stdout?: string; message: string }) => {
      throw new Error(`Maven could not fetch Kafka ${kafkaVersion}:\n${error.stdout || error.message}`);
    });
    await rm(join(temporary, 'target'), { recursive: true, force: true });
  });
  return join(folder, 'libs');
}

function pom(): string {
  const list = dependencies.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <dependencies>${list.join('')}</dependencies>
</project>
`;
}
