/** How far the bench is, on standard error: a bar on a terminal, a line for each run elsewhere. */

export interface Progress {
  /** Something takes a while before the next run. */
  says(line: string): void;
  begins(what: string): void;
  /** @param figure of the run, such as its rate */
  ends(what: string, figure: string): void;
  close(): void;
}

const width = 24;
const clearLine = '\r\u001b[K';

/** @param expectedSeconds of each run, in their order */
export function showProgress(stream: NodeJS.WriteStream, expectedSeconds: readonly number[]): Progress {
  const total = expectedSeconds.length;
  let done = 0;
  const left = (): string => duration(expectedSeconds.slice(done).reduce((sum, seconds) => sum + seconds, 0));
  const print = (text: string): void => void stream.write(stream.isTTY ? `${clearLine}${text}\n` : `${text}\n`);
  const bar = (what: string): void => {
    if (!stream.isTTY) return;
    const filled = total === 0 ? width : Math.floor((width * done) / total);
    const picture = `[${'█'.repeat(filled)}${'·'.repeat(width - filled)}] ${done}/${total}, ${left()} left  ${what}`;
    stream.write(clearLine + picture.slice(0, (stream.columns ?? 80) - 1));
  };
  return {
    says: print,
    begins: bar,
    ends: (what, figure) => {
      done++;
      print(`${String(done).padStart(String(total).length)}/${total}  ${what}  ${figure}`);
      bar('');
    },
    close: () => {
      if (stream.isTTY) stream.write(clearLine);
    },
  };
}

/** `about 3 min`, `about 40 s`. */
export function duration(seconds: number): string {
  return seconds < 90 ? `about ${Math.ceil(seconds / 10) * 10} s` : `about ${Math.round(seconds / 60)} min`;
}
