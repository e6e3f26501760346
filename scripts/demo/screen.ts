/** The part of the terminal that the demo draws on: one picture over the other on a terminal, lines elsewhere. */

export interface Screen {
  /** On a terminal: replaces what was drawn before. */
  draw(picture: string): void;
  /** Below everything. */
  print(text: string): void;
  close(): void;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const clearAll = '\u001b[2J';
const toTop = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

export function terminalScreen(write: (text: string) => void): Screen {
  write(hideCursor + clearAll);
  return {
    // Line by line over the old picture: clearing it first would flicker.
    draw: (picture) => write(`${toTop}${picture.replaceAll('\n', `${clearLine}\n`)}${clearLine}${clearBelow}`),
    print: (text) => write(`\n${text}\n`),
    close: () => write(showCursor),
  };
}

export function plainScreen(write: (text: string) => void): Screen {
  return { draw: (line) => write(`${line}\n`), print: (text) => write(`${text}\n`), close: () => {} };
}
