// On a Node that cannot run it, and without the one that a clone brings along, the program says so in one sentence (C8).
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const bin = join(import.meta.dirname, '..', '..', '..', 'runtime', 'bin.js');

test.each(['24.5.9', '23.99.0', '20.20.2'])('Node %s is refused in one sentence, with exit code 1', (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'old-node-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'runtime'));
  const copy = join(folder, 'runtime', 'bin.mjs');
  copyFileSync(bin, copy);
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', preload, copy, 'start', 'x.yaml'], {
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: `runtime needs Node 24.6 or newer, this is Node ${version}.\n`,
  });
});
