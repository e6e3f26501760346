/** Defaults and limits of `groups.<name>.commit`. Whichever comes first; always on revocation and stop. */
export const commitOptions = {
  interval: {
    type: 'string',
    duration: { min: '10ms', max: '10m' },
    default: '1s',
    description: 'Longest time between two commits while records finish.',
  },
  everyRecords: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    default: 500,
    description: 'Commit after this many finished records.',
  },
} as const;

export const commitLater = ['metadata'] as const;
