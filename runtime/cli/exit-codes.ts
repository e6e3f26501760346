/** What the shell learns, the same for every command. */
export const exitCodes = {
  /** Done, or drained after the first signal. */
  done: 0,
  /** Usage, manifest, handler or environment; a refusal; not found. */
  mistake: 1,
  /** Kafka refuses us, or is too old or too new. */
  noUsableBroker: 2,
  groupFailed: 3,
  /** A second signal, or the drain ran over `shutdown.timeout`. */
  forced: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
