/**
 * Starts PostgreSQL for tests and by hand, from the programs that the system has: loopback only, a free port, a temporary
 * folder. A cluster that the system's package has made is not looked at.
 *
 *   npx node scripts/real/postgres.ts [--port N]    # prints the url, runs until Ctrl-C
 *
 * PostgreSQL refuses to run as root: then it runs as the user `postgres`, or `nobody`.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { access, chown, constants, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { exited, spawnBound } from './bound-process.ts';
import { freePorts } from './free-ports.ts';

const run = promisify(execFile);
const host = '127.0.0.1';

/** About 2 s on two idle cores; the rest is room for a busy machine. */
const startTimeoutMs = 120_000;

export type PostgresOptions = {
  /** Default: a free one. */
  readonly port?: number;
  /** Settings under PostgreSQL's own names; they win over the defaults of this file. */
  readonly settings?: Readonly<Record<string, string>>;
};

export type RunningPostgres = {
  /** With the password, of the database `postgres`; the user may make others. */
  readonly url: string;
  /** Ends it, connections or not, and removes its folder. May be called twice. */
  stop(): Promise<void>;
};

/** Whether PostgreSQL can be run here: `missing` says in one line what is not there and how to get it. */
export type PostgresSupport =
  | { readonly kind: 'ready'; readonly programs: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** Looks for `initdb` and `postgres`: on the path, then where Debian's packages put them, the newest version first. */
export async function postgresSupport(): Promise<PostgresSupport> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const packaged = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  for (const programs of [...(process.env.PATH ?? '').split(delimiter), ...packaged]) {
    if (await runnable(join(programs, 'initdb'), join(programs, 'postgres'))) return { kind: 'ready', programs };
  }
  return { kind: 'missing', reason: 'no `initdb` and `postgres`: install postgresql' };
}

/** @throws when the programs are missing, or it ends or does not answer in time (its log is in the message) */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  const support = await postgresSupport();
  if (support.kind === 'missing') throw new Error(support.reason);
  const user = process.getuid?.() === 0 ? await unprivileged() : undefined;
  const dir = await mkdtemp(join(tmpdir(), 'postgres-'));
  const password = randomBytes(12).toString('base64url');
  const passwordFile = join(dir, 'password');
  await writeFile(passwordFile, password);
  if (user !== undefined) for (const path of [dir, passwordFile]) await chown(path, user.uid, user.gid);
  const data = join(dir, 'data');
  const about = ['--username=runtime', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const args = ['-D', data, ...about, '--encoding=UTF8', '--no-locale', '--no-sync'];
  await run(join(support.programs, 'initdb'), args, { cwd: dir, ...user }).catch(async (error: Error) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });

  const port = options.port ?? (await freePorts(1))[0]!;
  const settings = { ...defaults, listen_addresses: host, port: String(port), ...options.settings };
  const log = join(dir, 'postgres.log');
  const output = openSync(log, 'a');
  const child = spawnBound(
    join(support.programs, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { stdio: ['ignore', output, output], temporaryFolder: dir, ...(user !== undefined && { user }) },
  );
  closeSync(output);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const stop = async () => {
    // Without waiting for its clients, and without a last sync: nobody needs the data any more.
    if (isRunning()) child.kill('SIGQUIT');
    await exited(child);
    await rm(dir, { recursive: true, force: true });
  };
  const deadline = Date.now() + startTimeoutMs;
  while (!(await answers(port))) {
    if (isRunning() && Date.now() < deadline) {
      await sleep(50);
      continue;
    }
    const end = (await readFile(log, 'utf8')).slice(-4_000);
    await stop();
    throw new Error(`PostgreSQL on ${host}:${port} did not start; the end of its log:\n${end}`);
  }
  return { url: `postgres://runtime:${password}@${host}:${port}/postgres`, stop };
}

/** Many connections, and no wait for the disk: what is tested is never what a power cut leaves behind. */
const defaults: Readonly<Record<string, string>> = {
  unix_socket_directories: '',
  max_connections: '300',
  fsync: 'off',
  synchronous_commit: 'on',
  full_page_writes: 'off',
};

/**
 * PostgreSQL listens before it takes connections, and then answers with an error that it is starting up. A start-up
 * message that is answered with `R` (authentication) means that it is ready.
 */
function answers(port: number): Promise<boolean> {
  const parameters = Buffer.from('user\0runtime\0database\0postgres\0\0');
  const message = Buffer.alloc(8 + parameters.length);
  message.writeInt32BE(message.length);
  message.writeInt32BE(196_608, 4); // protocol 3.0
  parameters.copy(message, 8);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => socket.write(message));
    socket.on('data', (bytes) => finish(bytes[0] === 'R'.charCodeAt(0)));
  });
}

async function runnable(...files: readonly string[]): Promise<boolean> {
  const checks = files.map((file) =>
    access(file, constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(checks)).every((found) => found);
}

async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name]).catch(() => null)));
    if (uid != null && gid != null) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user `postgres` or `nobody`');
}

if (import.meta.main) {
  const [option, value] = process.argv.slice(2);
  const postgres = await startPostgres(option === '--port' ? { port: Number(value) } : {});
  console.log(postgres.url);
  const forever = setInterval(() => {}, 60_000); // It does not keep this process alive.
  const end = () => {
    clearInterval(forever);
    void postgres.stop();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}
