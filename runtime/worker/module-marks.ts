/** `dedupe.store: ./file.ts`: marks that a module of the user keeps, wherever it likes. */
import { pathToFileURL } from 'node:url';
import type { DedupeModule } from '../handler/dedupe-module.ts';
import type { Marks } from './best-effort-dedupe.ts';

/** @throws TypeError that says what is wrong with the module, or what it throws */
export async function loadModuleMarks(file: string, group: string): Promise<Marks> {
  const module = (await import(pathToFileURL(file).href)) as Partial<DedupeModule>;
  for (const name of ['seen', 'mark'] as const) {
    if (typeof module[name] === 'function') continue;
    const expected = 'expected the exports seen(id, { group, handler }) and mark(id, { group, handler })';
    throw new TypeError(`${file}: ${name} is ${typeof module[name]}; ${expected}`);
  }
  const { seen, mark } = module as DedupeModule;
  return {
    async has(handler, id) {
      const answer = await seen(id, { group, handler });
      if (typeof answer === 'boolean') return answer;
      throw new TypeError(`${file}: seen(id) resolved with ${typeof answer}; expected true or false`);
    },
    async add(handler, id) {
      await mark(id, { group, handler });
    },
    forget() {},
    close() {},
  };
}
