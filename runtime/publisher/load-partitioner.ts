/** Loads the module of `producer.partitioner`, before anything connects. */
import { pathToFileURL } from 'node:url';
import { toErrorData } from '../core/error-data.ts';
import { ManifestError } from '../core/errors.ts';
import type { PartitionerSettings } from '../core/settings.ts';
import { type ChoosePartition, choosePartition, type PartitionerModule } from './choose-partition.ts';

/** @throws ManifestError `RT_HANDLER_LOAD` when the module cannot be loaded, or has no function */
export async function loadPartitioner(settings: PartitionerSettings): Promise<ChoosePartition> {
  return choosePartition(settings, settings.file === null ? null : await load(settings.file));
}

async function load(file: string): Promise<PartitionerModule> {
  let found: unknown;
  try {
    found = ((await import(pathToFileURL(file).href)) as { readonly default?: unknown }).default;
  } catch (error) {
    throw fault(`producer.partitioner.module: ${file} cannot be loaded: ${toErrorData(error).message}`, error);
  }
  if (typeof found === 'function') return found as PartitionerModule;
  throw fault(
    `producer.partitioner.module: ${file}: expected a function (record, partitionCount) => number as default export, got ${typeof found}`,
  );
}

function fault(message: string, cause?: unknown): ManifestError {
  return new ManifestError('RT_HANDLER_LOAD', message, { retryable: false, cause });
}
