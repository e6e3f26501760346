/** Where a command reads from and writes to, so that commands can be tested without a process. */

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** A person looks at the output. */
  readonly isTTY: boolean;
  readonly colors: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The process's own. A reader that has gone away (`runtime … | head`) is no error: what it does not want is dropped. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const isTTY = process.stdout.isTTY === true;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTTY,
    // https://no-color.org: any value but the empty one.
    colors: isTTY && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb',
    env: process.env,
    cwd: process.cwd(),
  };
}
