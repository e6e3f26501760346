/**
 * Handler modules that are objects of this process instead of files. Settings are plain data, so a group names such a
 * module as it names a file, and whoever loads handlers finds it here. Functions cannot go to another thread: a group
 * with such modules runs with `execution: inline`.
 *
 *   offer(label, module) ──▶ { file: 'code:7/label' } ──▶ settings ──▶ load ──▶ moduleInCode(file)
 */
export interface OfferedModule {
  /** For `HandlerSettings.file`; also what log lines and metrics call the module. */
  readonly file: string;
  /** Forgets it; groups that have loaded it keep it. */
  withdraw(): void;
}

const offered = new Map<string, object>();
let lastId = 0;

/** @param module what a file would export: an object with `default` */
export function offerModule(label: string, module: object): OfferedModule {
  const file = `code:${++lastId}/${label}`;
  offered.set(file, module);
  return { file, withdraw: () => void offered.delete(file) };
}

/** @returns null when the name is that of a file */
export function moduleInCode(file: string): object | null {
  return offered.get(file) ?? null;
}
