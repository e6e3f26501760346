/** Makes one stream of several that are each in order, taking one item of each ahead. */

/**
 * Whoever stops early closes the streams too.
 * @param before whether `a` comes before `b`; of equal ones that of the earlier stream comes first
 */
export async function* merge<T>(
  streams: readonly AsyncGenerator<T>[],
  before: (a: T, b: T) => boolean,
): AsyncGenerator<T> {
  try {
    const heads = await Promise.all(streams.map((stream) => stream.next()));
    for (;;) {
      let next = -1;
      for (let i = 0; i < heads.length; i++) {
        const [head, best] = [heads[i]!, heads[next]];
        if (!head.done && (best === undefined || before(head.value, best.value))) next = i;
      }
      if (next === -1) return;
      yield heads[next]!.value;
      heads[next] = await streams[next]!.next();
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}
