// Rows S-76, S-81.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { httpLimits } from '../../../runtime/http/limits.ts';
import type { Reports } from '../../../runtime/http/reports.ts';
import { startHttpServer } from '../../../runtime/http/server.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const reports: Reports = {
  health: () => ({ healthy: true, body: { status: 'healthy' } }),
  ready: () => true,
  stats: () => ({ total: 1 }),
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' }),
};

async function start(own: Partial<Reports> = {}, clock = new ManualClock()) {
  const server = await startHttpServer({ host: '127.0.0.1', port: 0 }, { ...reports, ...own }, clock);
  onTestFinished(() => server.close());
  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    get: (path: string, init?: RequestInit) =>
      fetch(server.url + path, { ...init, headers: { connection: 'close', ...init?.headers } }),
  };
}

/** Sends bytes as they are and collects the answer until the server closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.on('close', resolve));
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  // The server may close while we still write; the answer is what counts.
  socket.on('error', () => {});
  socket.write(bytes);
  await closed;
  return answer;
}

test('a failed group is unhealthy, and the body says which', async () => {
  const body = { status: 'unhealthy', groups: [{ name: 'billing', state: 'failed' }] };
  const { get } = await start({ health: () => ({ healthy: false, body }) });
  const answer = await get('/health');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual(body);
});

test('ready follows the report', async () => {
  let ready = false;
  const { get } = await start({ ready: () => ready });
  expect((await get('/ready')).status).toBe(503);
  ready = true;
  expect((await get('/ready')).status).toBe(200);
});

test('metrics are rendered once a second at most, however often they are asked for', async () => {
  const clock = new ManualClock();
  let rendered = 0;
  const metrics = async () => ({ contentType: 'text/plain', text: `rendered ${++rendered}\n` });
  const { get } = await start({ metrics }, clock);
  const texts = await Promise.all([1, 2, 3].map(async () => (await get('/metrics')).text()));
  expect(texts).toEqual(['rendered 1\n', 'rendered 1\n', 'rendered 1\n']);
  await clock.advance(httpLimits.metricsAgeMs);
  expect(await (await get('/metrics')).text()).toBe('rendered 2\n');
});

test.each([
  ['GET', '/../../etc/passwd', 404],
  ['GET', '/%2e%2e/%2e%2e/etc/passwd', 404],
  ['GET', '//', 404],
  ['GET', '/debug/heap', 404],
  ['POST', '/health', 405],
  ['DELETE', '/metrics', 405],
  ['OPTIONS', '/health', 405],
])('%s %s answers %i as JSON', async (method, path, status) => {
  const { get } = await start();
  const answer = await get(path, { method });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toHaveProperty('error');
});

test.each([
  ['TRACE is refused', 'TRACE /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', /^HTTP\/1.1 40[045]/],
  ['a url of 64 KB is refused', `GET /${'a'.repeat(65_536)} HTTP/1.1\r\nhost: a\r\n\r\n`, /^HTTP\/1.1 4(14|31)/],
  ['no HTTP at all is refused', 'hello\r\n\r\n', /^HTTP\/1.1 400/],
  [
    'a length and chunks at once are refused',
    'POST /health HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    /^HTTP\/1.1 400/,
  ],
])('%s', async (_name, bytes, answer) => {
  const { port } = await start();
  expect(await raw(port, bytes)).toMatch(answer);
});

test('a body above the limit is refused', async () => {
  const { get } = await start();
  const answer = await get('/health', { method: 'POST', body: 'x'.repeat(httpLimits.bodyBytes + 1) });
  expect([405, 413]).toContain(answer.status);
});

test('an error of ours tells nothing but that it happened', async () => {
  const { get } = await start({
    stats: () => {
      throw new Error('secret path /home/x');
    },
  });
  const answer = await get('/stats');
  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({ error: 'internal error' });
});

test('a port in use is a mistake of the environment, with a sentence that helps', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(startHttpServer({ host: '127.0.0.1', port }, reports, new ManualClock())).rejects.toMatchObject({
    code: 'RT_ENVIRONMENT',
    message: expect.stringContaining(`127.0.0.1:${port}: the port is in use`),
  });
});
