/**
 * Waits for `work` or until `signal` is aborted, whichever comes first. Work that is left behind goes on; nobody waits
 * for its result or its error any more.
 * @returns the result of `work`, or null when the signal came first
 * @throws what `work` throws
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const settled = new AbortController();
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true, signal: settled.signal });
  });
  work.catch(() => {});
  return await Promise.race([work, aborted]).finally(() => settled.abort());
}
