/** Defaults of `store`. */
export const storeOptions = {
  url: {
    type: 'string',
    minLength: 1,
    maxLength: 4_096,
    want: 'postgres://user@host:5432/database, pglite:<folder> or pglite:memory',
    default: '${DATABASE_URL:-pglite:./.runtime/store}',
    description:
      'Database of the event store, the outbox and dedupe.store: sql: PostgreSQL, or PGlite embedded in one process; a relative folder starts at the manifest.',
  },
} as const;
