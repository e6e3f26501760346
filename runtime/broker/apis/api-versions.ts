/** ApiVersions: exactly what is answered here, nothing more; clients choose their requests by it. */
import { apiVersions } from '../../protocol/api-versions.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { produce } from '../../protocol/produce.ts';
import { type AnsweredApi, answer } from '../answer.ts';

export const apiVersionsKey = apiVersions.key;

/** @param apis all of them, asked for when a request arrives */
export function answerApiVersions(apis: () => Iterable<AnsweredApi>): AnsweredApi {
  return answer(
    apiVersions,
    () => response(kafkaErrors.NONE, apis()),
    (_, errorCode) => response(errorCode, []),
  );
}

/** The answer to a version from the future: in v0, with our range, so that the client can ask again (KIP-511). */
export function answerUnknownVersion(apis: ReadonlyMap<number, AnsweredApi>): Buffer {
  const own = [...apis.values()].filter((api) => api.key === apiVersions.key);
  return apiVersions.writeResponse(response(kafkaErrors.UNSUPPORTED_VERSION, own), 0);
}

function response(errorCode: number, apis: Iterable<AnsweredApi>) {
  return {
    errorCode,
    apis: Array.from(apis, ({ key, versions: [min, maxVersion] }) => {
      // librdkafka looks for Produce v0 to know what a broker can; Kafka 4 lists it as well, and refuses it.
      return { key, maxVersion, minVersion: key === produce.key ? 0 : min };
    }),
    throttleTimeMs: 0,
    // Says that groups of the consumer protocol (KIP-848) are on, as clients ask before they use it.
    supportedFeatures: [{ name: 'group.version', minVersion: 0, maxVersion: 1 }],
    finalizedFeaturesEpoch: 0,
    finalizedFeatures: [{ name: 'group.version', minLevel: 1, maxLevel: 1 }],
  };
}
