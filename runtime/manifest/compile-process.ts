/** What belongs to the process as a whole: from checked keys to typed values. */

import { resolve } from 'node:path';
import type { Random } from '../core/random.ts';
import type { BrokerAddress, RuntimeSettings } from '../core/settings.ts';
import { parseStoreUrl, storeUrlForms } from '../core/store-url.ts';
import { milliseconds, octets } from './amounts.ts';
import { parseBrokers } from './brokers.ts';
import { compileProducer } from './compile-producer.ts';
import { type Path, type Position, type Problem, problem } from './problem.ts';
import type { ManifestFile } from './read-manifest.ts';
import type { ProcessValue } from './schema/schema.ts';
import { describe, keyPosition, type MapTree, subtree } from './tree.ts';

export interface Machine {
  readonly hostname: string;
  readonly random: Random;
  readonly production: boolean;
  /** The folder of a manifest, by its name; that of the first one for what is not written. */
  readonly folderOf: (file: string) => string;
}

/** @param tree the joined sections, for the places of problems @param manifests that they come from */
export function compileProcess(
  value: ProcessValue,
  tree: MapTree,
  machine: Machine,
  manifests: readonly ManifestFile[],
): { settings: Omit<RuntimeSettings, 'groups' | 'gateway'>; problems: readonly Problem[] } {
  const { kafka, producer, observability, shutdown, store } = value;
  const compiledProducer = compileProducer(producer, tree, manifests);
  const problems: Problem[] = [...compiledProducer.problems];
  const settings = {
    kafka: {
      brokers: compileBrokers(kafka.brokers, tree, machine, problems),
      clientId: kafka.clientId === '' ? generatedId(machine) : kafka.clientId,
      client: kafka.client,
      requestTimeoutMs: milliseconds(kafka.requestTimeout),
      maxResponseBytes: octets(kafka.maxResponseBytes),
    },
    producer: compiledProducer.settings,
    shutdown: { timeoutMs: milliseconds(shutdown.timeout) },
    http: { host: observability.http.host, port: observability.http.port },
    health: { stalledForMs: milliseconds(observability.health.stalledFor) },
    logs: { level: observability.logs.level, format: observability.logs.format },
    store: { url: compileStoreUrl(store.url, tree, machine, problems) },
  };
  return { settings, problems };
}

function compileBrokers(
  value: string | readonly string[],
  tree: MapTree,
  machine: Machine,
  problems: Problem[],
): 'embedded' | readonly BrokerAddress[] {
  const path = ['kafka', 'brokers'];
  const brokers = parseBrokers(value);
  switch (brokers.kind) {
    case 'addresses':
      return brokers.addresses;
    case 'embedded': {
      if (machine.production) {
        const want = 'kafka.brokers or the variable KAFKA_BROKERS with host:port of real brokers';
        const what = 'the embedded broker is for development only, and NODE_ENV is production';
        problems.push(problem(placeOf(tree, path), path, what, { got: 'embedded', want }));
      }
      return 'embedded';
    }
    case 'fault': {
      const written = subtree(tree, path);
      const inner: Path = written?.kind === 'list' ? [...path, brokers.entry] : path;
      // Not written means that it came from the environment, whose values are not shown.
      const got = written === null ? `the value of \${KAFKA_BROKERS}` : describe(subtree(tree, inner), inner);
      const want = 'host:port such as kafka-1:9092 or [::1]:9092, a port from 1 to 65535, or only embedded';
      const place = subtree(tree, inner)?.at ?? placeOf(tree, path);
      problems.push(problem(place, inner, `${brokers.fault} in entry ${brokers.entry + 1}`, { got, want }));
      return [];
    }
    default:
      return brokers satisfies never;
  }
}

/** A folder may lie outside the project: data is on a volume of its own, and nothing in it is run. */
function compileStoreUrl(text: string, tree: MapTree, machine: Machine, problems: Problem[]): string {
  const path = ['store', 'url'];
  const place = placeOf(tree, path);
  const url = parseStoreUrl(text);
  switch (url.kind) {
    case 'postgres':
      return url.url;
    case 'pglite':
      return url.folder === null ? text : `pglite:${resolve(machine.folderOf(place.file), url.folder)}`;
    case 'fault': {
      // It may hold a password, so it is not shown, wherever it was written.
      problems.push(problem(place, path, url.fault, { want: storeUrlForms }));
      return text;
    }
    default:
      return url satisfies never;
  }
}

function generatedId({ hostname, random }: Machine): string {
  return `${hostname}-${Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;
}

/** Where a key is written; the section or the start of the file when it is not. */
function placeOf(tree: MapTree, path: Path): Position {
  return subtree(tree, path)?.at ?? keyPosition(tree, path.slice(0, 1)) ?? tree.at;
}
