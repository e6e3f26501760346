/** A project folder as a user has one: package.json, a manifest, handler modules; and what its handlers wrote down. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Recording } from './recording.ts';

const recordingHandlers = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'recording.ts');

export interface Project {
  readonly folder: string;
  readonly manifest: string;
  /** What the handlers of `recording.ts` wrote down. */
  readonly recording: Recording;
  /** For processes that run the manifest. */
  readonly environment: Readonly<Record<string, string>>;
  /** Removes the folder. */
  close(): void;
}

/**
 * @param manifest as an object: JSON is YAML. A group whose handlers are `./handlers.ts` gets what `handlers` says.
 * @param handlers source of that module; what writes the calls down when missing
 */
export function createProject(manifest: object, handlers: string = handlersOf(recordingHandlers)): Project {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-project-'));
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  file('package.json', '{ "type": "module" }\n');
  file('handlers.ts', handlers);
  const recorded = file('recording.jsonl', '');
  const recording = new Recording(recorded);
  return {
    folder,
    manifest: file('manifest.yaml', JSON.stringify(manifest, null, 2)),
    recording,
    environment: { RECORDING: recorded },
    close() {
      recording.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Source of a module with the handlers of another one. @param path absolute */
export function handlersOf(path: string): string {
  return `export { default } from '${pathToFileURL(path)}';\n`;
}
