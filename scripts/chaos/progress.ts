/** The campaign while it runs: a bar on a terminal, a line for each fault elsewhere. */
import type { Watcher } from './campaign.ts';
import { seconds } from './verdict.ts';

const width = 30;
const clearLine = '\r\u001b[K';

/** @param stream where it goes; standard output is left to the result */
export function progress(stream: NodeJS.WriteStream, total: number): Watcher & { close(): void } {
  const bar = (done: number, text: string): void => {
    const filled = Math.floor((width * done) / total);
    const picture = `[${'█'.repeat(filled)}${'·'.repeat(width - filled)}] ${done}/${total} ${text}`;
    stream.write(clearLine + picture.slice(0, (stream.columns ?? 80) - 1));
  };
  const print = (text: string): void => void stream.write(stream.isTTY ? `${clearLine}${text}\n` : `${text}\n`);
  const place = String(total).length;
  return {
    says: (what) => {
      if (stream.isTTY) stream.write(clearLine + what);
      else print(what);
    },
    begins: (nr, { kind, slot }) => {
      if (stream.isTTY) bar(nr - 1, `${kind} (process ${slot + 1})`);
    },
    recovered: (nr, { step, recoveryMs }) => {
      const told = recoveryMs === null ? 'did not recover' : `recovered in ${seconds(recoveryMs)}`;
      if (stream.isTTY) bar(nr, `${step.kind} ${told}`);
      else print(`${String(nr).padStart(place)}/${total} ${step.kind.padEnd(18)} process ${step.slot + 1}  ${told}`);
    },
    close: () => {
      if (stream.isTTY) stream.write(clearLine);
    },
  };
}
