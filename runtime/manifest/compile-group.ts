/** One group: from checked keys, with defaults, to typed values. */

import type { SchemaSettings } from '../core/event-types.ts';
import type { GroupSettings, HandlerSettings } from '../core/settings.ts';
import { milliseconds, octets } from './amounts.ts';
import { compileDedupe } from './compile-dedupe.ts';
import { instanceIdOf } from './instance-id.ts';
import { compileKeySource } from './key-source.ts';
import { plainValue } from './plain-value.ts';
import { type Path, type Position, type Problem, problem, type Report } from './problem.ts';
import { findProjectFile, moduleFile } from './project-file.ts';
import type { ManifestFile } from './read-manifest.ts';
import { breaks, groupRules } from './rules.ts';
import { groupSection } from './schema/group.ts';
import type { GroupValue, ProcessValue } from './schema/schema.ts';
import type { Environment } from './substitute.ts';
import { resolveTopics } from './topic-names.ts';
import { describe, keyPosition, type MapTree, subtree } from './tree.ts';

/** What a group is compiled with. */
export interface GroupContext {
  readonly name: string;
  readonly manifest: ManifestFile;
  /** Null when the files do not agree on it. */
  readonly process: ProcessValue | null;
  /** The joined sections of the process, for what a message shows. */
  readonly processTree: MapTree;
  /** What `workers: auto` means. */
  readonly cpus: number;
  /** `store.url`, compiled; null where it has a mistake. */
  readonly storeUrl: string | null;
  /** Of the manifest. */
  readonly schemas: SchemaSettings;
  /** Where `staticMembership: auto` finds the name of the pod. */
  readonly env: Environment;
}

/** @param value matches the schema, every default filled in */
export function compileGroup(
  value: GroupValue,
  context: GroupContext,
): { settings: GroupSettings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (key, what, found) => {
    const path = ['groups', context.name, ...key];
    problems.push(problem(placeOf(key, context), path, what, found));
  };
  checkRules(value, context, report);
  const { concurrency, batch, buffer, timeouts, retry, dlq, commit } = value;
  const workers = value.execution === 'inline' ? 1 : workersOf(concurrency, context.cpus);
  const settings: GroupSettings = {
    name: context.name,
    topics: resolveTopics(value, report),
    handlers: compileHandlers(value.handlers ?? [], context, report),
    from: value.from,
    execution: value.execution,
    protocol: value.protocol,
    concurrency: {
      order: concurrency.order,
      keyFrom: compileKeySource(concurrency.keyFrom),
      nullKey: concurrency.nullKey,
      workers,
      shares: concurrency.split === 'workers' ? workers : 1,
      maxHeapBytes: concurrency.maxHeap === null ? null : octets(concurrency.maxHeap),
      max: concurrency.max,
    },
    fetch: {
      maxWaitMs: milliseconds(batch.maxWait),
      minBytes: octets(batch.minBytes),
      maxBytes: octets(batch.maxBytes),
      maxDecompressedBytes: octets(batch.maxDecompressed),
    },
    buffer: { maxRecords: buffer.maxRecords, maxBytes: octets(buffer.maxBytes), maxUncommitted: buffer.maxUncommitted },
    timeouts: {
      handlerMs: milliseconds(timeouts.handler),
      slowMs: milliseconds(timeouts.slow),
      sessionMs: milliseconds(timeouts.session),
      heartbeatMs: milliseconds(timeouts.heartbeat),
      rebalanceMs: milliseconds(timeouts.rebalance),
    },
    instanceId: instanceIdOf(value.staticMembership, context.env),
    retry: {
      maxRetries: retry.maxRetries,
      baseDelayMs: milliseconds(retry.baseDelay),
      maxDelayMs: milliseconds(retry.maxDelay),
      jitter: retry.jitter,
      never: [...retry.never],
      onExhausted: retry.onExhausted,
    },
    dlq: { enabled: dlq.enabled, onError: dlq.onError, onDisabled: dlq.onDisabled, maxReplays: dlq.maxReplays },
    commit: { intervalMs: milliseconds(commit.interval), everyRecords: commit.everyRecords },
    dedupe: compileDedupe(value, {
      name: context.name,
      manifest: context.manifest,
      own: subtree(context.manifest.tree, ['groups', context.name, 'dedupe']),
      storeUrl: context.storeUrl,
      report,
    }),
    offsets: compileOffsets(value, context, report),
    schemas: value.format === null ? context.schemas : { ...context.schemas, format: value.format },
  };
  return { settings, problems };
}

function checkRules(value: GroupValue, context: GroupContext, report: Report): void {
  for (const rule of groupRules) {
    if (!breaks(rule, value, context.process)) continue;
    const got = `${shown(rule.key, value, context)} and ${shown(rule.other, value, context)}`;
    // The one that was written is the one to change.
    const key = written(rule.key, context) === null && written(rule.other, context) !== null ? rule.other : rule.key;
    report(key, `${rule.key.join('.')} must be ${rule.relation} ${rule.other.join('.')}`, { got });
  }
  const ownWorkers = subtree(context.manifest.tree, ['groups', context.name, 'concurrency', 'workers']);
  if (value.execution === 'inline' && ownWorkers !== null && value.concurrency.workers !== 'auto') {
    const want = 'execution: pool, or no workers';
    report(['concurrency', 'workers'], 'execution: inline has no threads', { got: describe(ownWorkers, []), want });
  }
  const ownSplit = subtree(context.manifest.tree, ['groups', context.name, 'concurrency', 'split']);
  if (value.execution === 'inline' && ownSplit !== null && value.concurrency.split !== 'none') {
    const want = 'execution: pool, or no split';
    report(['concurrency', 'split'], 'execution: inline has no threads', { got: describe(ownSplit, []), want });
  }
  if (value.concurrency.split === 'workers' && value.concurrency.order === 'partition') {
    const what = 'split: workers runs the keys of a partition beside one another, and order: partition allows no two';
    report(['concurrency', 'split'], what, { got: 'order: partition', want: 'order: key or none, or split: none' });
  }
  const ownHeap = subtree(context.manifest.tree, ['groups', context.name, 'concurrency', 'maxHeap']);
  if (value.execution === 'inline' && ownHeap !== null && value.concurrency.maxHeap !== null) {
    const want = 'execution: pool, or no maxHeap';
    report(['concurrency', 'maxHeap'], 'execution: inline has no threads', { got: describe(ownHeap, []), want });
  }
}

/** A value for a message: as written, or the default; never what a substitution brought. */
function shown(key: readonly string[], value: GroupValue, context: GroupContext): string {
  const inProcess = key[0] === 'kafka';
  const tree = inProcess ? subtree(context.processTree, key) : written(key, context);
  if (tree?.kind === 'scalar' && tree.references.length > 0) return describe(tree, key);
  let here: unknown = inProcess ? context.process : value;
  for (const step of key) here = (here as Record<string, unknown>)[step];
  return String(here);
}

/**
 * The handler files of a group that has mistakes elsewhere: they are told together. @param manifest where the group's
 * `handlers` are known to match the schema, if there are any
 */
export function checkHandlers(name: string, manifest: ManifestFile): readonly Problem[] {
  const tree = subtree(manifest.tree, ['groups', name, 'handlers']);
  if (tree === null) return [];
  const problems: Problem[] = [];
  const context = { name, manifest };
  const report: Report = (key, what, found) => {
    problems.push(problem(placeOf(key, context), ['groups', name, ...key], what, found));
  };
  const value = plainValue(tree, groupSection.properties.handlers);
  compileHandlers(value as NonNullable<GroupValue['handlers']>, context, report);
  return problems;
}

/** Where a group is written. */
type GroupPlace = Pick<GroupContext, 'name' | 'manifest'>;

function compileHandlers(
  value: NonNullable<GroupValue['handlers']>,
  context: GroupPlace,
  report: Report,
): HandlerSettings[] {
  const { sources, projectFolder } = context.manifest;
  const entries = typeof value === 'string' ? [value] : value;
  const handlers = new Map<string, HandlerSettings>();
  for (const [index, entry] of entries.entries()) {
    const path = typeof entry === 'string' ? entry : (entry.module ?? '');
    const key: Path = typeof value === 'string' ? ['handlers'] : ['handlers', index];
    const place: Path = typeof entry === 'string' ? key : [...key, 'module'];
    const found = findProjectFile(path, { folder: sources.folder, projectFolder, files: sources.files }, moduleFile);
    const got = describe(written(place, context), place);
    if ('fault' in found) report(place, found.fault, { got, want: 'the path of a module inside the project' });
    else if (handlers.has(found.file)) report(place, 'the same module twice in one group', { got });
    else {
      const events = typeof entry === 'string' ? null : (entry.events ?? null);
      handlers.set(found.file, {
        file: found.file,
        events: events === null || events.includes('*') ? null : [...events],
      });
    }
  }
  return [...handlers.values()];
}

/** A position says that everything before it is done: records of a partition must not overtake one another. */
function compileOffsets({ offsets, concurrency }: GroupValue, context: GroupPlace, report: Report): string | null {
  if (offsets === 'kafka') return null;
  const key = ['offsets'];
  if (concurrency.order !== 'partition') {
    const got = `concurrency.order: ${concurrency.order}`;
    const want = 'concurrency: { order: partition }';
    report(key, 'positions of your own need the records of a partition one after the other', { got, want });
  }
  const { sources, projectFolder } = context.manifest;
  const place = { folder: sources.folder, projectFolder, files: sources.files };
  const found = findProjectFile(offsets, place, moduleFile);
  if ('file' in found) return found.file;
  const got = describe(written(key, context), key);
  report(key, found.fault, { got, want: 'kafka, or the path of a module inside the project' });
  return null;
}

/** A number, or as many as there are CPUs, but never a thread that could not run a handler. */
function workersOf(concurrency: GroupValue['concurrency'], cpus: number): number {
  return typeof concurrency.workers === 'number' ? concurrency.workers : Math.max(1, Math.min(cpus, concurrency.max));
}

function written(key: Path, { name, manifest }: GroupPlace) {
  return subtree(manifest.tree, ['groups', name, ...key]) ?? subtree(manifest.tree, ['defaults', ...key]);
}

function placeOf(key: Path, context: GroupPlace): Position {
  const { name, manifest } = context;
  return written(key, context)?.at ?? keyPosition(manifest.tree, ['groups', name]) ?? manifest.tree.at;
}
