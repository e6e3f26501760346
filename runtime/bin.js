#!/usr/bin/env node
// Starts the command line on a Node that can run it. Plain JavaScript, without imports of ours: every Node has to load it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [24, 6];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
// In a clone, `npm ci` brings a Node of its own as a development dependency.
const bundledNode = here('../node_modules/node/bin/node');

if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) {
  await keepCompiled();
  // The published package holds the compiled file, a clone the source.
  await import(existsSync(here('./cli.js')) ? './cli.js' : './cli.ts');
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [here('./bin.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both processes; forwarding it would count as the second signal.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 4));
} else {
  process.stderr.write(`runtime needs Node ${oldest.join('.')} or newer, this is Node ${process.versions.node}.\n`);
  process.exit(1);
}

/**
 * What is compiled is kept for the next start and for every handler thread, which start with a third of the work. The
 * folder is Node's default one; threads know of it by the variable only. `NODE_DISABLE_COMPILE_CACHE=1` keeps nothing.
 */
async function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
}
