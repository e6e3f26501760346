/** Defaults and limits of `groups.<name>.buffer`: over one of these a partition is not fetched, heartbeats go on. */
export const bufferOptions = {
  maxRecords: {
    type: 'integer',
    minimum: 1,
    maximum: 10_000_000,
    default: 5000,
    description: 'Unfinished records of one partition.',
  },
  maxBytes: {
    type: 'string',
    size: { min: '64KiB', max: '16GiB' },
    default: '32MiB',
    description: 'Unfinished bytes of the group.',
  },
  maxUncommitted: {
    type: 'integer',
    minimum: 1,
    maximum: 10_000_000,
    default: 100_000,
    description: 'Finished records of one partition beyond its checkpoint, while an earlier one is still running.',
  },
} as const;
