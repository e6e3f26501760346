/**
 * From what a program says about its bus to compiled settings: the same keys, defaults and rules as in a manifest,
 * because it is made one. The group's handlers come from the program, so that a group without any is none to complain of.
 */
import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { systemRandom } from '../core/random.ts';
import type { GroupSettings, LogSettings, RuntimeSettings } from '../core/settings.ts';
import { type Files, nodeFiles } from '../manifest/files.ts';
import { loadManifests } from '../manifest/load.ts';

export interface BusOptions {
  /** The consumer group: buses of one group share its events, each group gets all of them. */
  readonly group: string;
  /** Reads and writes `<topicPrefix>.stream`. Instead of a manifest that says which topics. */
  readonly topicPrefix?: string;
  /** Such as `kafka-1:9092`. Default: `KAFKA_BROKERS`. */
  readonly brokers?: string | readonly string[];
  /**
   * Path of a manifest, or of several; or the sections themselves. The group's `handlers` run before what is subscribed;
   * in sections they may be missing.
   */
  readonly manifest?: string | readonly string[] | Sections;
  /** For `${VAR}` in manifests and for `KAFKA_BROKERS`. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. Default: the working folder. */
  readonly cwd?: string;
  /** False: no log lines. Default: as `observability.logs` says. */
  readonly logs?: boolean | LogSettings;
}

type Sections = Readonly<Record<string, unknown>>;

export interface BusSettings {
  /** With this one group. */
  readonly process: RuntimeSettings;
  readonly group: GroupSettings;
}

/** Names of files that are not there, for messages: the sections, and the handlers that come from the program. */
const sectionsName = 'settings';
const handlersName = 'subscribers.ts';

/** @throws InvalidManifest with every problem; UsageError where the options contradict one another */
export function busSettings(options: BusOptions): BusSettings {
  const { group: name, manifest, env = process.env, cwd = process.cwd() } = options;
  const fromFiles = typeof manifest === 'string' || Array.isArray(manifest);
  const load = { env, cwd, random: systemRandom };
  const settings = fromFiles
    ? loadManifests(pathsOf(options), load)
    : loadManifests([sectionsName], { ...load, files: filesWith(sectionsOf(options), cwd) });
  const group = settings.groups.find((one) => one.name === name);
  if (group === undefined) {
    const names = settings.groups.map((one) => one.name).join(', ');
    throw usage(`no group "${name}" in ${String(manifest)}; it has ${names}`);
  }
  const inCode = group.handlers.filter(({ file }) => file !== join(cwd, handlersName));
  // Functions do not cross threads, so all handlers of a bus run on the main thread.
  const concurrency = { ...group.concurrency, workers: 1, maxHeapBytes: null };
  const inline: GroupSettings = { ...group, handlers: inCode, execution: 'inline', concurrency };
  return { process: { ...settings, groups: [inline] }, group: inline };
}

function pathsOf({ manifest, topicPrefix, brokers }: BusOptions): readonly string[] {
  const both = Object.entries({ topicPrefix, brokers }).find(([, value]) => value !== undefined);
  if (both !== undefined) throw usage(`${both[0]} is given twice: take it out, ${String(manifest)} says it`);
  return [manifest as string | readonly string[]].flat();
}

function sectionsOf({ group, topicPrefix, brokers, manifest = {} }: BusOptions): Sections {
  const sections = manifest as Sections;
  const groups = (sections.groups ?? {}) as Sections;
  const given = (groups[group] ?? {}) as Sections;
  const prefix = topicPrefix === undefined ? {} : { topicPrefix };
  return {
    ...sections,
    kafka: { ...(sections.kafka as object | undefined), ...(brokers !== undefined && { brokers }) },
    groups: { ...groups, [group]: { handlers: `./${handlersName}`, ...prefix, ...given } },
  };
}

/** JSON is YAML. */
function filesWith(sections: Sections, cwd: string): Files {
  const text = Buffer.from(JSON.stringify(sections));
  const ours = new Set([join(cwd, sectionsName), join(cwd, handlersName)]);
  return {
    stat: (path) => (ours.has(path) ? { kind: 'file', bytes: text.length } : nodeFiles.stat(path)),
    read: (path) => (ours.has(path) ? text : nodeFiles.read(path)),
    checkReadable: (path) => (ours.has(path) ? undefined : nodeFiles.checkReadable(path)),
    realpath: (path) => (ours.has(path) ? path : nodeFiles.realpath(path)),
  };
}

export function usage(message: string): UsageError {
  return new UsageError('RT_USAGE', `event bus: ${message}`, { retryable: false });
}
