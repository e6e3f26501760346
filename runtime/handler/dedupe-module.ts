/** What a module exports that `dedupe.store` names: it keeps the ids of records that were handled. */
export interface DedupeModule {
  /** Whether the record was marked. Throws when nobody can say: then the record is tried again, and not handled. */
  seen(id: string, of: MarkOwner): boolean | Promise<boolean>;
  /** The handler has succeeded. Throws: it is marked later, and the handler is not called again meanwhile. */
  mark(id: string, of: MarkOwner): unknown;
}

/** Each group, and each handler module of a group, has marks of its own. */
export interface MarkOwner {
  readonly group: string;
  readonly handler: string;
}
