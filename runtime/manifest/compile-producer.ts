/** `producer`: from checked keys to typed values, and the rules between its keys. */
import type { PartitionerSettings, ProducerSettings } from '../core/settings.ts';
import { milliseconds, octets } from './amounts.ts';
import { type Path, type Position, type Problem, problem } from './problem.ts';
import { findProjectFile, moduleFile } from './project-file.ts';
import type { ManifestFile } from './read-manifest.ts';
import type { ProcessValue } from './schema/schema.ts';
import { describe, keyPosition, type MapTree, subtree } from './tree.ts';

type ProducerValue = ProcessValue['producer'];
type Tell = (key: Path, what: string, found: { readonly got: string; readonly want: string }) => void;

/** Brokers remember the last five batches of a producer, to tell a repeated one. */
const idempotentInFlightMax = 5;

/** @param tree the joined sections @param manifests where a module's path may be written */
export function compileProducer(
  value: ProducerValue,
  tree: MapTree,
  manifests: readonly ManifestFile[],
): { settings: ProducerSettings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const tell: Tell = (key, what, found) => {
    const path = ['producer', ...key];
    problems.push(problem(placeOf(tree, path), path, what, found));
  };
  const settings = {
    acks: value.acks === 'all' ? (-1 as const) : value.acks,
    compression: value.compression,
    idempotent: value.idempotent,
    batchBytes: octets(value.batchBytes),
    batchRecords: value.batchRecords,
    lingerMs: milliseconds(value.linger),
    maxInFlight: value.maxInFlight,
    retries: value.retries,
    bufferBytes: octets(value.bufferBytes),
    maxBlockMs: milliseconds(value.maxBlock),
    partitioner: compilePartitioner(value.partitioner, tree, manifests, tell),
  };
  checkRules(value, settings, tell);
  return { settings, problems };
}

function checkRules(value: ProducerValue, settings: ProducerSettings, tell: Tell): void {
  const from = value.profile === null ? '' : `, with profile: ${value.profile}`;
  if (value.idempotent && value.acks !== 'all') {
    const found = { got: `acks: ${value.acks}${from}`, want: 'acks: all, or idempotent: false beside it' };
    tell(['acks'], 'an idempotent producer needs every acknowledgement', found);
  }
  if (value.idempotent && value.maxInFlight > idempotentInFlightMax) {
    const found = { got: `maxInFlight: ${value.maxInFlight}${from}`, want: '1 to 5, or idempotent: false beside it' };
    tell(['maxInFlight'], 'brokers know only the last 5 batches of an idempotent producer', found);
  }
  if (settings.batchBytes > settings.bufferBytes) {
    const got = `batchBytes: ${value.batchBytes}${from} and bufferBytes: ${value.bufferBytes}`;
    tell(['batchBytes'], 'producer.batchBytes must be at most producer.bufferBytes', { got, want: 'a larger buffer' });
  }
}

function compilePartitioner(
  value: ProducerValue['partitioner'],
  tree: MapTree,
  manifests: readonly ManifestFile[],
  tell: Tell,
): PartitionerSettings {
  const { by, module, keyRequired } = value;
  const key = ['partitioner', 'module'];
  const written = subtree(tree, ['producer', ...key]);
  const got = describe(written, key);
  if (by === 'module' && module === undefined) {
    tell(['partitioner', 'by'], 'by: module needs the path of one', { got: 'no module', want: 'module: ./file.ts' });
  }
  if (by !== 'module' && module !== undefined) {
    tell(key, `by: ${by} uses no module`, { got, want: 'by: module, or no module' });
  }
  if (by !== 'module' || module === undefined) return { by, file: null, keyRequired };
  const manifest = manifests.find(({ name }) => name === written?.at.file) ?? manifests[0]!;
  const { folder, files } = manifest.sources;
  const found = findProjectFile(module, { folder, projectFolder: manifest.projectFolder, files }, moduleFile);
  if ('file' in found) return { by, file: found.file, keyRequired };
  tell(key, found.fault, { got, want: 'the path of a module inside the project' });
  return { by, file: null, keyRequired };
}

/** Where a key is written; the section or the start of the file when it is not. */
function placeOf(tree: MapTree, path: Path): Position {
  return subtree(tree, path)?.at ?? keyPosition(tree, path.slice(0, 1)) ?? tree.at;
}
