/**
 * Reads the events of one key from Kafka, for any program (row S-109). What it takes is loaded here, when it is called:
 * handler modules import this package too.
 */
/** Sections of a manifest, with the same keys, defaults and rules. */
export interface ReadEventsSettings {
  readonly kafka?: Readonly<Record<string, unknown>>;
  /** For `partitioner`: where keys lie. */
  readonly producer?: Readonly<Record<string, unknown>>;
}

export interface ReadEventsOptions {
  /** Whose events: the key of the records, such as an aggregate's id. */
  readonly key: string;
  /** A topic, or a group of the manifest, whose topics are read one after the other. */
  readonly of: string;
  /** `earliest` (default), `latest`, a time such as `2026-11-21T12:00:00Z`, or an offset. */
  readonly from?: string;
  /** At most so many, the oldest ones. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Told from time to time: offsets looked at, and how many there are. */
  readonly progress?: (scanned: number, total: number) => void;
  /** For `${VAR}` in manifests and for `KAFKA_BROKERS`. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. Default: the working folder. */
  readonly cwd?: string;
}

export interface ReadEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: Date;
  readonly key: string;
  /** The header that `schemas.typeFrom` names, `event_type` by default; empty where there is none. */
  readonly type: string;
  /** The value as JSON; undefined where it is none, null for a tombstone. */
  readonly data: unknown;
  readonly tombstone: boolean;
  /** As they stand in the record; of repeated ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array | null;
}

/**
 * In the order of the topic, up to where it ended when reading began. One answer of the broker is in memory at a time.
 * @param from path of a manifest, or of several, whose groups are not run; or the sections themselves
 * @throws ManifestError, UsageError and KafkaError, at the first step
 */
export async function* readEvents(
  from: string | readonly string[] | ReadEventsSettings,
  options: ReadEventsOptions,
): AsyncGenerator<ReadEvent> {
  const [
    { loadManifests, loadProcess },
    { readByKey },
    { parseOffsetPoint, acceptedPoints },
    { systemRandom },
    errors,
  ] = await Promise.all([
    import('../manifest/load.ts'),
    import('./read-by-key.ts'),
    import('../core/offset-point.ts'),
    import('../core/random.ts'),
    import('../core/errors.ts'),
  ]);
  const { key, of, limit, signal, progress, env = process.env, cwd = process.cwd() } = options;
  const where = { env, cwd, random: systemRandom };
  const point = parseOffsetPoint(options.from ?? 'earliest');
  if (point === null) {
    throw new errors.UsageError('RT_USAGE', `from: want ${acceptedPoints}, got ${options.from}`, { retryable: false });
  }
  const paths = typeof from === 'string' ? [from] : from;
  const settings = Array.isArray(paths) ? loadManifests(paths, where) : null;
  const group = settings?.groups.find(({ name }) => name === of);
  const source = group?.schemas.typeFrom;
  const typeHeader = source?.kind === 'header' ? source.name : 'event_type';
  const records = readByKey(settings ?? loadProcess(paths, where), {
    topics: group?.topics.map(({ name }) => name) ?? [of],
    key,
    from: point,
    ...(limit !== undefined && { limit }),
    ...(signal !== undefined && { signal }),
    ...(progress !== undefined && { progress }),
  });
  for await (const { topic, partition, offset, timestamp, headers: raw, value } of records) {
    const headers = Object.fromEntries(raw.map(([name, bytes]) => [name, Buffer.from(bytes ?? []).toString()]));
    yield {
      topic,
      partition,
      offset: BigInt(offset),
      timestamp: new Date(timestamp),
      key,
      type: headers[typeHeader] ?? '',
      data: value === null ? null : json(value),
      tombstone: value === null,
      headers,
      value,
    };
  }
}

function json(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.length).toString());
  } catch {
    return undefined;
  }
}
