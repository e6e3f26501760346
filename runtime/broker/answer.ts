/** Joins an API's description with what this broker does about it; each file in `apis/` is made with it. */
import type { Api } from '../protocol/api.ts';
import type { Reader } from '../protocol/reader.ts';
import type { BrokerState } from './broker-state.ts';

/** What a request is besides its body. */
export interface RequestContext {
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Aborted when the connection is gone: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export type Body = Buffer | null | 'close';

export interface AnsweredApi {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  isFlexible(version: number): boolean;
  /**
   * @returns the body of the response; null where there is none; `close` to close the connection instead
   * @throws ProtocolError for a body that does not follow the API's description
   */
  respond(body: Reader, state: BrokerState, context: RequestContext): Body | Promise<Body>;
  /** The body of a response that says nothing but this error code. @throws as `respond` */
  refuse(body: Reader, version: number, errorCode: number): Body;
}

export type Answer<Res> = Res | null | 'close';

export interface AnswerOptions<Res> {
  /** Below the highest version described, where newer ones promise what this broker does not do. */
  readonly maxVersion?: number;
  /** About how many bytes a response takes, for an API whose responses are large. */
  readonly sizeOf?: (response: Res) => number;
}

/**
 * @param handle null: the request has no response (Produce with acks 0); `close`: close the connection instead
 * @param refuse what the response looks like when a test asks for an error code (`controls.ts`)
 */
export function answer<Req, Res>(
  api: Api<Req, Res>,
  handle: (request: Req, state: BrokerState, context: RequestContext) => Answer<Res> | Promise<Answer<Res>>,
  refuse: (request: Req, errorCode: number) => Res,
  options: AnswerOptions<Res> = {},
): AnsweredApi {
  const { maxVersion = api.versions[1], sizeOf } = options;
  const written = (response: Answer<Res>, version: number): Body => {
    if (response === null || response === 'close') return response as null | 'close';
    return api.writeResponse(response as Res, version, sizeOf?.(response as Res));
  };
  return {
    key: api.key,
    name: api.name,
    versions: [api.versions[0], maxVersion],
    isFlexible: api.isFlexible,
    respond: (body, state, context) => {
      const response = handle(api.readRequest(body, context.version), state, context);
      if (response instanceof Promise) return response.then((r) => written(r, context.version));
      return written(response, context.version);
    },
    refuse: (body, version, errorCode) => written(refuse(api.readRequest(body, version), errorCode), version),
  };
}
