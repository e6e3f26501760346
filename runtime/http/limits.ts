/**
 * What a client of the operators' port may cost us. A scrape is a few hundred bytes in and some kilobytes out, so the
 * limits are far above legal use and far below what hurts (rows H1, H2, H4, H8).
 */
export const httpLimits = {
  bodyBytes: 64 * 1024,
  headerBytes: 16 * 1024,
  connections: 100,
  requestsPerConnection: 1000,
  /** From the first byte to the end of the headers. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 8_000,
  keepAliveTimeoutMs: 5_000,
  /** Node looks for connections that are over these times this often. */
  checkIntervalMs: 1_000,
  /** Metrics are rendered at most this often; scrapers ask every 15 s or so. */
  metricsAgeMs: 1_000,
} as const;
