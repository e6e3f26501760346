// Makes `npm start` and `npm test` work on a fresh clone: installs what the lock file names, once. Plain JavaScript,
// since it runs before there is anything else.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const root = new URL('..', import.meta.url);
// The package `node` brings the Node that everything else runs on; npm puts it first for the scripts of package.json.
const bundledNode = new URL('node_modules/node/bin/node', root);

const npm = (...args) => {
  process.stderr.write(`npm ${args.join(' ')} …\n`);
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    process.stderr.write(`npm ${args.join(' ')} failed: what it says above has to be put right first.\n`);
    process.exit(1);
  }
};

if (!existsSync(bundledNode)) npm('ci', '--no-audit', '--no-fund', '--loglevel=error');
// An npm that runs no install scripts leaves the binary out.
if (!existsSync(bundledNode)) npm('rebuild', 'node');
