/** Defaults and limits of `groups.<name>.concurrency`. */
export const concurrencyOptions = {
  order: {
    type: 'string',
    enum: ['partition', 'key', 'none'],
    default: 'key',
    description: 'Which records wait for one another: all of a partition, those of one key, or none.',
  },
  keyFrom: {
    type: 'string',
    pattern: '^(key|header:.+|\\$(\\.[A-Za-z_][A-Za-z0-9_-]*|\\[[0-9]+\\])+)$',
    maxLength: 255,
    want: 'key, header:<name>, or a path such as $.customer.id',
    default: 'key',
    description: 'Where the key of a record is: its own key, a header, or a field of its value.',
  },
  nullKey: {
    type: 'string',
    enum: ['partition', 'none'],
    default: 'partition',
    description: 'Records without a key: in the order of their partition, or without order.',
  },
  workers: {
    type: ['integer', 'string'],
    minimum: 1,
    maximum: 256,
    pattern: '^auto$',
    want: 'an integer from 1 to 256, or auto',
    default: 'auto',
    description: 'Threads of this group; auto means one per CPU that this process may use.',
  },
  split: {
    type: 'string',
    enum: ['none', 'workers'],
    default: 'none',
    description:
      'workers: the keys of each partition are spread over all threads of the group, for handlers that compute and ' +
      'topics with fewer partitions than CPUs. Every thread gets a copy of the bytes.',
  },
  maxHeap: {
    type: ['string', 'null'],
    size: { min: '16MiB', max: '64GiB' },
    default: null,
    description: "Heap of one thread, such as 128MiB; a thread that needs more is replaced. null: Node's own limit.",
  },
  max: {
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    default: 64,
    description: 'Handlers running at once in this group, never two of one key.',
  },
} as const;

export const concurrencyLater = ['adaptive'] as const;
