/** Defaults and limits of `groups.<name>.dedupe`: a record that comes again is handled once. */
export const dedupeOptions = {
  by: {
    type: ['string', 'null'],
    pattern: '^(key|header:.+|\\$(\\.[A-Za-z_][A-Za-z0-9_-]*|\\[[0-9]+\\])+)$',
    maxLength: 255,
    want: 'key, header:<name> such as header:event_id, a path such as $.id, or null',
    default: null,
    description: 'Where the id is that tells a repeated record; null: every record is handled.',
  },
  store: {
    type: 'string',
    enum: ['sql'],
    default: 'sql',
    description:
      'Where it is kept which records were handled; sql: in store.url, in one transaction with what the handler writes (ctx.tx).',
  },
  ttl: {
    type: 'string',
    duration: { min: '1s', max: '3650d' },
    default: '24h',
    description: 'How long a handled record is remembered, at least.',
  },
} as const;
