/**
 * TypeScript for the events of a manifest: an interface for each JSON Schema, and the map from event type to interface
 * that `defineHandlers<Events>` takes. Each schema is compiled by itself, so that `#/$defs` means its own; what it
 * defines is named after its event, so that two schemas may define the same name.
 */
import { dirname } from 'node:path';
import type { EventSchema } from '../core/event-types.ts';

const banner = '// Written by `runtime types` from the JSON Schemas of the manifests. Do not edit: run it again.';
const identifier = /^[A-Za-z_$][\w$]*$/;

/** @param events unique by type @returns the text of a module */
export async function eventInterfaces(events: readonly EventSchema[]): Promise<string> {
  const taken = new Set(['Events']);
  const interfaces: string[] = [];
  const members: string[] = [];
  for (const event of events.toSorted((a, b) => (a.type < b.type ? -1 : 1))) {
    const name = freeName(event.type, taken);
    interfaces.push(await declare(event, name));
    members.push(`  ${identifier.test(event.type) ? event.type : JSON.stringify(event.type)}: ${name};`);
  }
  return `${[banner, ...interfaces, `export interface Events {\n${members.join('\n')}\n}`].join('\n\n')}\n`;
}

async function declare({ schema, file }: EventSchema, name: string): Promise<string> {
  const { compile } = await import('json-schema-to-typescript');
  if (typeof schema === 'boolean') return `export type ${name} = ${schema ? 'unknown' : 'never'};`;
  const text = await compile({ ...schema, title: name }, name, {
    bannerComment: '',
    cwd: dirname(file),
    style: { singleQuote: true, printWidth: 120 },
    customName: ({ title }, defined) => {
      if (title === name) return name;
      const own = defined ?? title;
      return own === undefined ? undefined : `${name}${asName(own)}`;
    },
  });
  return text.trim();
}

/** `order.placed` becomes `OrderPlaced`; a name that is taken gets a number. */
function freeName(type: string, taken: Set<string>): string {
  const wanted = asName(type);
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`;
  taken.add(name);
  return name;
}

function asName(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return /^[A-Z]/.test(name) ? name : `Event${name}`;
}
