/** How many of something are under way, and when the last one has ended. */
export class UnderWay {
  #count = 0;
  #whenNone: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** @returns to be called when it has ended; calling it again does nothing */
  begin(): () => void {
    this.#count++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      if (--this.#count === 0) for (const tell of this.#whenNone.splice(0)) tell();
    };
  }

  /** Resolves when none is under way, at once if so now. */
  async none(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#whenNone.push(resolve));
  }
}
