/** Defaults and limits of `groups.<name>.batch`: what one fetch asks for. */
export const batchOptions = {
  maxWait: {
    type: 'string',
    duration: { min: '1ms', max: '60s' },
    default: '500ms',
    description:
      'How long a broker may wait for minBytes before it answers a fetch. While a group is idle and minBytes is 1, up to ' +
      'eight times as long, but not over 5s: a record that comes ends the wait at once.',
  },
  minBytes: {
    type: ['integer', 'string'],
    minimum: 1,
    maximum: 67_108_864,
    size: { min: '1B', max: '64MiB' },
    want: 'a number of bytes from 1, or a size up to 64MiB',
    default: 1,
    description: 'A broker answers a fetch as soon as it has this much.',
  },
  maxBytes: {
    type: 'string',
    size: { min: '1KiB', max: '512MiB' },
    default: '8MiB',
    description: 'Most bytes of one fetch; one record batch is returned even if it is longer.',
  },
  maxDecompressed: {
    type: 'string',
    size: { min: '64KiB', max: '1GiB' },
    default: '64MiB',
    description: 'A record batch that unpacks to more stops its partition.',
  },
} as const;

export const batchLater = ['maxRecords'] as const;
