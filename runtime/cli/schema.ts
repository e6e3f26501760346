/** `runtime schema`: what editors check and complete manifests with. */
import { manifestJsonSchema } from '../manifest/editor-schema.ts';
import type { Terminal } from './terminal.ts';

export function runSchema(terminal: Terminal): void {
  terminal.out(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
}
