/** Every message that `runtime/protocol` describes, by API: request and response of each version. */
import type { Random } from '../../../runtime/core/random.ts';
import type { Api } from '../../../runtime/protocol/api.ts';
import { apisByKey } from '../../../runtime/protocol/apis.ts';
import type { Reader } from '../../../runtime/protocol/reader.ts';
import { SamplingWords, sampleOf } from './sampling-words.ts';

export interface DescribedMessage {
  /** For example `v12 response`. */
  readonly title: string;
  read(body: Reader): unknown;
  write(value: unknown): Buffer;
  sample(random: Random): unknown;
}

export const describedApis: readonly { readonly name: string; readonly messages: readonly DescribedMessage[] }[] = [
  ...apisByKey.values(),
].map((api) => ({ name: api.name, messages: messagesOf(api) }));

function messagesOf(api: Api<unknown, unknown>): DescribedMessage[] {
  const [min, max] = api.versions;
  return Array.from({ length: max - min + 1 }, (_, i) => min + i).flatMap((version) => {
    const words = new SamplingWords(api.isFlexible(version));
    const request = api.request(words, version);
    const response = api.response(words, version);
    return [
      {
        title: `v${version} request`,
        read: (body) => api.readRequest(body, version),
        write: (value) => api.writeRequest(value, version),
        sample: (random) => sampleOf(request, random),
      },
      {
        title: `v${version} response`,
        read: (body) => api.readResponse(body, version),
        write: (value) => api.writeResponse(value, version),
        sample: (random) => sampleOf(response, random),
      },
    ];
  });
}
