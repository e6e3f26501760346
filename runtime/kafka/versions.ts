/**
 * Which version of an API to speak with one broker: the highest that both sides know. Asked once per connection, since
 * the broker behind an address may have been upgraded while the connection was away.
 */
import { KafkaError } from '../core/errors.ts';
import type { Api } from '../protocol/api.ts';
import { apiVersions } from '../protocol/api-versions.ts';
import { Reader } from '../protocol/reader.ts';

const unsupportedVersion = 35; // UNSUPPORTED_VERSION

/** Version range of each API by its key. */
export type BrokerVersions = ReadonlyMap<number, { readonly min: number; readonly max: number }>;

/** Sends one ApiVersions request of a given version and returns the body of the answer. */
export type AskVersions = (version: number, body: Buffer) => Promise<Buffer>;

/**
 * A broker that does not know the version answers in version 0 with its own range (KIP-511), so two questions are
 * enough for any broker.
 * @throws KafkaError `RT_KAFKA_UNSUPPORTED`, ProtocolError
 */
export async function askVersions(ask: AskVersions, clientVersion: string): Promise<BrokerVersions> {
  const request = { clientSoftwareName: 'kafka-worker-runtime', clientSoftwareVersion: clientVersion };
  let version = apiVersions.versions[1];
  let answer = await ask(version, apiVersions.writeRequest(request, version));
  if (answer.length >= 2 && answer.readInt16BE(0) === unsupportedVersion) {
    const known = toVersions(apiVersions.readResponse(new Reader(answer), 0).apis).get(apiVersions.key);
    version = Math.min(version, known?.max ?? 0);
    answer = await ask(version, apiVersions.writeRequest(request, version));
  }
  const response = apiVersions.readResponse(new Reader(answer), version);
  if (response.errorCode !== 0) {
    throw new KafkaError('RT_KAFKA_UNSUPPORTED', `the broker answered ApiVersions with error ${response.errorCode}`, {
      retryable: false,
    });
  }
  return toVersions(response.apis);
}

function toVersions(
  apis: readonly { readonly key: number; readonly minVersion: number; readonly maxVersion: number }[],
): BrokerVersions {
  return new Map(apis.map((api) => [api.key, { min: api.minVersion, max: api.maxVersion }]));
}

/** @throws KafkaError `RT_KAFKA_UNSUPPORTED` when there is no common version */
export function pickVersion<Req, Res>(
  api: Api<Req, Res>,
  broker: BrokerVersions,
  node: string,
  maxVersion: number = Number.POSITIVE_INFINITY,
): number {
  const theirs = broker.get(api.key);
  const [min, max] = api.versions;
  const version = Math.min(max, maxVersion, theirs?.max ?? -1);
  if (theirs !== undefined && version >= Math.max(min, theirs.min)) return version;
  const found =
    theirs === undefined ? 'the broker does not know it' : `the broker speaks ${theirs.min} to ${theirs.max}`;
  throw new KafkaError(
    'RT_KAFKA_UNSUPPORTED',
    `${node}: ${api.name} versions ${min} to ${Math.min(max, maxVersion)} are needed, ${found}; Apache Kafka 2.1 or later is expected`,
    { retryable: false },
  );
}
