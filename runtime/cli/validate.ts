/** `runtime validate`: every problem of every manifest, or that there is none. Connects to nothing. */
import { InvalidManifest } from '../manifest/problem.ts';
import { exitCodes } from './exit-codes.ts';
import { load } from './load.ts';
import type { Terminal } from './terminal.ts';

export function runValidate(manifests: readonly string[], asJson: boolean, terminal: Terminal): number {
  try {
    const { groups, gateway } = load(manifests, terminal);
    const names = groups.map(({ name }) => name);
    const routes = gateway.routes.map(({ method, path }) => `${method} ${path}`);
    const found = { valid: true, groups: names, routes, problems: [] };
    terminal.out(asJson ? json(found) : `valid: ${[...names, ...routes].join(', ')}\n`);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof InvalidManifest)) throw error;
    if (asJson) terminal.out(json({ valid: false, groups: [], routes: [], problems: error.problems }));
    else terminal.err(`${error.message}\n`);
    return exitCodes.mistake;
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
