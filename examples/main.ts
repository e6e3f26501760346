/** `npm run example <name>`: runs one of the examples beside this file. KAFKA_BROKERS names your Kafka. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const names = readdirSync(import.meta.dirname).filter((name) => existsSync(join(import.meta.dirname, name, 'main.ts')));
const [name, ...rest] = process.argv.slice(2);

if (name !== undefined && rest.length === 0 && names.includes(name)) {
  await import(pathToFileURL(join(import.meta.dirname, name, 'main.ts')).href);
} else {
  const got = process.argv.length === 2 ? 'nothing' : process.argv.slice(2).join(' ');
  console.error(`want the name of an example, got ${got}\nusage: npm run example ${names.join('|')}`);
  process.exitCode = 1;
}
