/** The campaign while it runs: a bar on a terminal, a line for every tenth elsewhere. */
import type { Watcher } from './campaign.ts';
import type { StoreChaosOptions } from './options.ts';

const width = 30;
const clearLine = '\r\u001b[K';

/** @param stream where it goes; standard output is left to the result */
export function progress(
  stream: NodeJS.WriteStream,
  { events, kills }: StoreChaosOptions,
): Watcher & { close(): void } {
  let tenths = 0;
  return {
    says: (what) => void stream.write(stream.isTTY ? clearLine + what : `${what}\n`),
    moved(saved, projected, made) {
      const numbers = `${saved} saved, ${projected} projected of ${events}, ${made}/${kills} killed`;
      const share = Math.min(1, (saved + projected) / (2 * events));
      if (stream.isTTY) {
        const filled = Math.floor(width * share);
        const picture = `[${'█'.repeat(filled)}${'·'.repeat(width - filled)}] ${numbers}`;
        stream.write(clearLine + picture.slice(0, (stream.columns ?? 80) - 1));
      } else if (Math.floor(10 * share) > tenths) {
        tenths = Math.floor(10 * share);
        stream.write(`${numbers}\n`);
      }
    },
    close: () => {
      if (stream.isTTY) stream.write(clearLine);
    },
  };
}
