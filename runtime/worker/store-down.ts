/**
 * Fails an attempt for what keeps the marks of handled records (`dedupe`): without it nobody knows whether the record was
 * handled, so the handler is not called. It is tried again for as long as it takes, and no attempt is used up.
 */
export class StoreDown extends Error {
  override readonly name = 'StoreDown';
  readonly #ours = true;

  /** @param cause what the store said */
  constructor(cause: unknown) {
    super('the store of handled records cannot be used', { cause });
  }

  /** Not by `instanceof`: a handler may throw a proxy, whose traps would throw in the runner (row R21). */
  static is(thrown: unknown): thrown is StoreDown {
    return typeof thrown === 'object' && thrown !== null && #ours in thrown;
  }
}
