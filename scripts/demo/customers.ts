/** Who orders in the demo. Most orders go well; these customers show what happens when they do not. */
export const customers = {
  /** The carrier is busy: its first two answers are errors, the third is a tracking number. */
  busyCarrier: 'cust-busy',
  /** No carrier goes there: every attempt fails, and the order ends up in the dead letters. */
  noCarrier: 'cust-nowhere',
} as const;
