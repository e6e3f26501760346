/** `runtime version`. */
import { readFileSync } from 'node:fs';
import type { Terminal } from './terminal.ts';

/** Of this package, from its package.json: two folders up from here, in a clone as in the published package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

export function runVersion(asJson: boolean, terminal: Terminal): void {
  const version = packageVersion();
  const node = process.versions.node;
  terminal.out(asJson ? `${JSON.stringify({ version, node })}\n` : `${version} (Node ${node})\n`);
}
