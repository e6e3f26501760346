/** What a client of the gateway may cost us, beside `gateway.maxBody` and the times of `http/limits.ts`. */
export const gatewayLimits = {
  /** Bodies that are being received take at most this times `gateway.maxBody`. */
  connections: 250,
  /** Requests under way, over all connections: one more is answered 429. What each of them writes is in the buffer. */
  requests: 5_000,
  /** Levels of a body: deeper ones end the stack of whoever walks through them. */
  bodyDepth: 64,
  idempotencyKeyLength: 255,
  /** Of what headers say about an event. */
  headerValueLength: 1_024,
  /** Schema errors told at once, of bodies up to this many bytes; of larger ones the first. */
  schemaErrors: 20,
  schemaErrorsBodyBytes: 64 * 1024,
  /** What is written has not been acknowledged for so long: new requests for its topic are answered 503. */
  stalledAfterMs: 2_000,
  /** What could not be sent to Kafka by then is given up, and was certainly not written. */
  unsentMs: 5_000,
  /** Then a request is answered 504; its event is still on its way. More than `unsentMs` and what looking for it takes. */
  answerWithinMs: 10_000,
  /** `Retry-After`. */
  retryAfterSeconds: 1,
} as const;
