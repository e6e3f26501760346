/**
 * Builds the package that users install: `build/package` with compiled JavaScript and types, and its tarball in
 * `build/`. Node does not strip types below `node_modules`, so the source cannot be published as it is.
 *
 *   runtime/*.ts ──tsc──▶ build/package/dist/*.js, *.d.ts ──npm pack──▶ build/kafka-worker-runtime-<version>.tgz
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = join(root, 'build', 'package');

/** What a package needs; scripts, development tools and `private` stay here. */
const kept = ['name', 'version', 'description', 'license', 'type', 'engines', 'dependencies', 'repository', 'keywords'];

rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, 'dist'), { recursive: true });
run(process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
copyFileSync(join(root, 'runtime', 'bin.js'), join(target, 'dist', 'bin.js'));
for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md']) {
  if (existsSync(join(root, file))) copyFileSync(join(root, file), join(target, file));
}
writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedPackage(), null, 2)}\n`);
run('npm', 'pack', target, '--pack-destination', join(root, 'build'));

function publishedPackage(): object {
  const source = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const fields = Object.entries(source).filter(([name]) => kept.includes(name));
  return {
    ...Object.fromEntries(fields),
    bin: { runtime: 'dist/bin.js' },
    exports: {
      '.': compiled('index'),
      './store': compiled('store/index'),
      './testing': compiled('testing/index'),
      './package.json': './package.json',
    },
    files: ['dist'],
  };
}

function compiled(module: string): object {
  return { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` };
}

function run(command: string, ...args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}
