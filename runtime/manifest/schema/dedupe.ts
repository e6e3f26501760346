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
    pattern: '^(memory|sqlite|sql|.+\\.(ts|js|mjs))$',
    maxLength: 4096,
    want: 'memory, sqlite, sql, or the path of a .ts, .js or .mjs file, relative to the manifest',
    default: 'memory',
    description:
      'Where it is kept which records were handled: in the thread, in a file beside the manifest, in store.url in one transaction with what the handler writes (ctx.tx), or in a module with seen(id) and mark(id).',
  },
  ttl: {
    type: 'string',
    duration: { min: '1s', max: '3650d' },
    default: '24h',
    description: 'How long a handled record is remembered.',
  },
  max: {
    type: 'integer',
    minimum: 1,
    maximum: 100_000_000,
    default: 100_000,
    description: 'Most records that are remembered, of one thread (memory) or of the group (sqlite).',
  },
} as const;
