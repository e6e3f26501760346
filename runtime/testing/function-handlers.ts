/** Lets a test give handlers as functions, in this very process: such a group runs with `execution: inline`. */
import { offerModule } from '../core/modules-in-code.ts';

export interface HandlerFile {
  /** For `HandlerSettings.file`; there is no such file. */
  readonly path: string;
  /** Forgets the functions. */
  remove(): void;
}

/** @param handlers what a handler module would export as its default */
export function writeHandlerFile(handlers: object): HandlerFile {
  const { file, withdraw } = offerModule('test', { default: handlers });
  return { path: file, remove: withdraw };
}
