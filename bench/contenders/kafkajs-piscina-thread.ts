/** A thread of `kafkajs-piscina.ts`. */
import { workerData } from 'piscina';
import type { PeerHandlers } from './peer-handlers.ts';

const { handlers } = workerData as { readonly handlers: string };
const { raw } = (await import(`../handlers/${handlers}.ts`)) as PeerHandlers;

export default (record: { readonly key: string | null; readonly value: string | null }): void | Promise<void> =>
  raw({ key: bytes(record.key), value: bytes(record.value) });

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text);
}
