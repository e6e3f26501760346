/** What a broker remembers besides its records, as entries of a journal and as the state that they add up to. */

export interface SavedTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
  readonly settings: Readonly<Record<string, string>>;
}

export interface SavedOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** The journal's entries; a later one takes the place of an earlier one about the same thing. */
export type JournalEntry =
  | { readonly kind: 'cluster'; readonly clusterId: string }
  | ({ readonly kind: 'topic' } & SavedTopic)
  | { readonly kind: 'topicDeleted'; readonly name: string }
  | { readonly kind: 'logStart'; readonly topicId: string; readonly partition: number; readonly offset: number }
  | ({ readonly kind: 'offset' } & SavedOffset)
  | { readonly kind: 'offsetDeleted'; readonly group: string; readonly topic: string; readonly partition: number }
  | { readonly kind: 'producerIds'; readonly next: number }
  | {
      readonly kind: 'transactionalId';
      readonly transactionalId: string;
      readonly producerId: number;
      readonly epoch: number;
    };

export interface SavedState {
  readonly clusterId: string | null;
  readonly topics: readonly SavedTopic[];
  readonly logStarts: readonly { readonly topicId: string; readonly partition: number; readonly offset: number }[];
  readonly offsets: readonly SavedOffset[];
  readonly nextProducerId: number;
  readonly transactionalIds: readonly {
    readonly transactionalId: string;
    readonly producerId: number;
    readonly epoch: number;
  }[];
}

export const emptyState: SavedState = {
  clusterId: null,
  topics: [],
  logStarts: [],
  offsets: [],
  nextProducerId: 1,
  transactionalIds: [],
};

/** The fewest entries that say the same. */
export function compacted(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const latest = new Map<string, JournalEntry>();
  for (const entry of entries) {
    const key = subject(entry);
    latest.delete(key); // so that the order is that of the last change
    if (entry.kind !== 'topicDeleted' && entry.kind !== 'offsetDeleted') latest.set(key, entry);
  }
  const topicIds = new Set([...latest.values()].flatMap((e) => (e.kind === 'topic' ? [e.id] : [])));
  return [...latest.values()].filter((e) => e.kind !== 'logStart' || topicIds.has(e.topicId));
}

/** What an entry is about. A slash cannot stand in a topic name, so the parts stay apart. */
function subject(entry: JournalEntry): string {
  switch (entry.kind) {
    case 'cluster':
    case 'producerIds':
      return entry.kind;
    case 'topic':
    case 'topicDeleted':
      return `topic/${entry.name}`;
    case 'logStart':
      return `logStart/${entry.topicId}/${entry.partition}`;
    case 'offset':
    case 'offsetDeleted':
      return `offset/${entry.topic}/${entry.partition}/${entry.group}`;
    case 'transactionalId':
      return `transactionalId/${entry.transactionalId}`;
    default:
      return entry satisfies never;
  }
}

/** @param entries compacted ones */
export function savedState(entries: readonly JournalEntry[]): SavedState {
  const of = <K extends JournalEntry['kind']>(kind: K) =>
    entries.filter((e): e is Extract<JournalEntry, { kind: K }> => e.kind === kind);
  return {
    clusterId: of('cluster')[0]?.clusterId ?? null,
    topics: of('topic').map(({ kind: _, ...topic }) => topic),
    logStarts: of('logStart'),
    offsets: of('offset').map(({ kind: _, ...offset }) => offset),
    nextProducerId: of('producerIds')[0]?.next ?? 1,
    transactionalIds: of('transactionalId'),
  };
}
