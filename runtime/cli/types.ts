/**
 * `runtime types`: writes the TypeScript of all events that the manifests register, or says with `--check` whether the
 * file is as it would be written, for CI.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { EventSchema } from '../core/event-types.ts';
import type { RuntimeSettings } from '../core/settings.ts';
import { eventInterfaces } from '../schemas/event-interfaces.ts';
import { exitCodes } from './exit-codes.ts';
import { load } from './load.ts';
import type { Terminal } from './terminal.ts';

export interface TypesOptions {
  readonly out: string;
  readonly check: boolean;
}

/** @throws InvalidManifest */
export async function runTypes(
  manifests: readonly string[],
  { out, check }: TypesOptions,
  terminal: Terminal,
): Promise<number> {
  const events = new Map<string, EventSchema>();
  for (const event of registered(load(manifests, terminal))) {
    const other = events.get(event.type);
    if (other !== undefined && other.file !== event.file) {
      terminal.err(`${event.type} is registered twice: ${other.file} and ${event.file}; want one schema for a type\n`);
      return exitCodes.mistake;
    }
    events.set(event.type, event);
  }
  if (events.size === 0) {
    terminal.err(
      'no event types: none of the manifests has schemas.events; want at least one, type: path of its schema\n',
    );
    return exitCodes.mistake;
  }
  const text = await eventInterfaces([...events.values()]);
  const path = resolve(terminal.cwd, out);
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    terminal.out(`${out}: ${events.size} event types\n`);
    return exitCodes.done;
  }
  if (readIfThere(path) === text) {
    terminal.out(`${out} is up to date: ${events.size} event types\n`);
    return exitCodes.done;
  }
  terminal.err(`${out} is not what the schemas say; run the same command without --check\n`);
  return exitCodes.mistake;
}

/** What groups read, and what requests become. */
function registered({ groups, gateway }: RuntimeSettings): readonly EventSchema[] {
  const posted = gateway.routes.flatMap(({ schema }) => schema ?? []);
  return [...groups.flatMap(({ schemas }) => schemas.events), ...posted];
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
