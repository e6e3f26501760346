/** Compiles what a test says about its groups as a manifest would be, so that every default and rule is the real one. */
import { systemRandom } from '../core/random.ts';
import type { BrokerAddress, RuntimeSettings } from '../core/settings.ts';
import { nodeFiles } from '../manifest/files.ts';
import { loadManifests } from '../manifest/load.ts';

/** The keys of `groups.<name>`, without `handlers`. */
export type GroupFragment = Readonly<Record<string, unknown>>;

export interface TestGroup {
  readonly fragment: GroupFragment;
  /** Absolute path of a handler module. */
  readonly handlers: string;
}

const manifestName = 'test.yaml';

/** @throws InvalidManifest as for a manifest in a file */
export function testSettings(
  groups: Readonly<Record<string, TestGroup>>,
  brokers: readonly BrokerAddress[],
  processSections: Readonly<Record<string, unknown>> = {},
): RuntimeSettings {
  const manifest = {
    observability: { http: { port: 0 } },
    shutdown: { timeout: '10s' },
    ...processSections,
    kafka: {
      clientId: 'runtime-under-test',
      ...(processSections.kafka as object | undefined),
      brokers: brokers.map(({ host, port }) => `${host}:${port}`),
    },
    // Any file that exists: handler files are put in below, since those of tests lie outside of every project.
    // A manifest of routes alone has none.
    ...(Object.keys(groups).length > 0 && {
      groups: Object.fromEntries(
        Object.entries(groups).map(([name, { fragment }]) => [name, { ...fragment, handlers: './test-handlers.ts' }]),
      ),
    }),
  };
  const settings = loadManifests([manifestName], {
    env: {},
    cwd: import.meta.dirname,
    random: systemRandom,
    files: filesWith(Buffer.from(JSON.stringify(manifest))),
  });
  return {
    ...settings,
    groups: settings.groups.map((group) => ({
      ...group,
      handlers: [{ file: groups[group.name]!.handlers, events: null }],
    })),
  };
}

/** JSON is YAML, so the manifest needs no file, and its handlers need none to be checked. */
function filesWith(manifest: Uint8Array): typeof nodeFiles {
  const isOurs = (path: string): boolean => path.endsWith(manifestName) || path.endsWith('test-handlers.ts');
  return {
    stat: (path) => (isOurs(path) ? { kind: 'file', bytes: manifest.length } : nodeFiles.stat(path)),
    read: (path) => (isOurs(path) ? manifest : nodeFiles.read(path)),
    checkReadable: (path) => (isOurs(path) ? undefined : nodeFiles.checkReadable(path)),
    realpath: (path) => (isOurs(path) ? path : nodeFiles.realpath(path)),
  };
}
