// Rows H1, H2, H3 and H11 at the gateway: what a client may send costs nobody else, and never becomes an event.
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { gatewayLimits } from '../../../runtime/gateway/limits.ts';
import { until } from '../../../runtime/testing/until.ts';
import { order, testGateway } from './support.ts';

const body = JSON.stringify(order);
const head = 'POST /orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
const whole = `${head}content-length: ${body.length}\r\n`;

function open(port: number): { readonly socket: Socket; readonly heard: () => string; readonly closed: () => boolean } {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  socket.on('error', () => {}); // the server may close while we still write; what was heard counts
  return { socket, heard: () => heard, closed: () => socket.closed };
}

/** Sends bytes as they are and waits for the end of the connection. */
async function raw(port: number, bytes: string | Buffer): Promise<string> {
  const { socket, heard, closed } = open(port);
  socket.write(bytes);
  await until(closed, { state: heard });
  return heard();
}

test.each([
  ['a byte of a header each second', 'POST /orders HTTP/1.1\r\nhost: a\r\nx: '],
  ['a byte of a body each second', `${head}content-length: 1000\r\n\r\n`],
  ['nothing at all', ''],
])('H1: a client that sends %s is closed, and holds up nobody', async (_what, start) => {
  const { port, post, records } = await testGateway();
  const slow = Array.from({ length: 50 }, () => open(port));
  const drip = setInterval(() => {
    for (const { socket } of slow) if (start !== '' && !socket.destroyed) socket.write('x');
  }, 1_000);
  onTestFinished(() => clearInterval(drip));
  for (const { socket } of slow) socket.write(start);
  expect((await post(order)).status).toBe(202);
  await until(() => slow.every(({ closed }) => closed()), { withinMs: 30_000 });
  expect(slow.every(({ heard }) => /^(HTTP\/1\.1 408|$)/.test(heard()))).toBe(true);
  expect(records).toHaveLength(1);
});

test('H1: more connections than the limit are closed at once', async () => {
  const { port } = await testGateway();
  const clients = Array.from({ length: gatewayLimits.connections + 10 }, () => open(port));
  for (const { socket } of clients) socket.write('POST /orders');
  // Those that run out of time are told so.
  const untold = () => clients.filter(({ closed, heard }) => closed() && heard() === '');
  await until(() => untold().length >= 10);
  expect(untold()).toHaveLength(10);
  for (const { socket } of clients) socket.destroy();
});

test.each([
  ['a length of 100 MB', `${head}content-length: 104857600\r\n\r\n`, /^HTTP\/1.1 413/],
  [
    'chunks above the limit',
    `${head}transfer-encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(131_072)}`,
    /^HTTP\/1.1 413/,
  ],
  ['a length that is no number', `${head}content-length: abc\r\n\r\n`, /^HTTP\/1.1 400/],
  ['a negative length', `${head}content-length: -5\r\n\r\n`, /^HTTP\/1.1 400/],
  ['two lengths', `${whole}content-length: 3\r\n\r\n${body}`, /^HTTP\/1.1 400/],
  ['a length and chunks', `${whole}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, /^HTTP\/1.1 400/],
  ['a chunk length that is none', `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`, /^HTTP\/1.1 400/],
  ['headers of 64 KB', `${head}x: ${'a'.repeat(65_536)}\r\n\r\n`, /^HTTP\/1.1 431/],
])('H2: %s: refused and closed', async (_what, bytes, answer) => {
  const { port, post, records } = await testGateway();
  expect(await raw(port, bytes)).toMatch(answer);
  expect((await post(order)).status).toBe(202);
  expect(records).toHaveLength(1);
});

test('H2: endless chunks are cut off', async () => {
  const { port } = await testGateway();
  const { socket, heard, closed } = open(port);
  socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  const pour = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', pour);
  pour();
  await until(closed);
  expect(heard()).toMatch(/^(HTTP\/1.1 413|$)/); // a reset may take the answer with it
});

/** An order but for what is too deep in it. */
const deep = (levels: number, open = '{"a":', close = '}') =>
  `{"customer":{"id":"c"},"a":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`;

test.each([
  ['no JSON', '{'],
  ['a text behind the object', `${body} x`],
  ['an array', '[1]'],
  ['a number', '1'],
  ['null', 'null'],
  ['nothing', ''],
  ['__proto__', `{"customer":{"id":"c"},"__proto__":{"polluted":true}}`],
  ['__proto__ inside', `{"customer":{"id":"c","__proto__":{"polluted":true}}}`],
  ['__proto__ with an escape', `{"customer":{"id":"c"},"\\u005f_proto__":{"polluted":true}}`],
  ['constructor.prototype', `{"customer":{"id":"c"},"constructor":{"prototype":{"polluted":true}}}`],
  ['an array bomb', `[${'[],'.repeat(20_000)}[]]`],
  ['65 levels', deep(65)],
  ['10,000 levels', deep(10_000)],
  ['30,000 arrays in one another', deep(30_000, '[', ']')],
  ['bytes that are not UTF-8', Buffer.from('{"customer":{"id":"\xff"}}', 'latin1')],
  ['a NaN', '{"customer":{"id":NaN}}'],
])('H3: a body with %s is answered 400, and nothing is polluted', async (_what, bytes) => {
  const { post, records } = await testGateway();
  const answer = await post(bytes);
  expect(answer.status).toBe(400);
  expect(answer.body).toHaveProperty('error');
  expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
  expect(records).toEqual([]);
});

test.each([
  ['text/plain', {}],
  ['application/x-www-form-urlencoded', {}],
  ['multipart/form-data; boundary=x', {}],
  ['application/json; charset=utf-16', {}],
  ['application/json', { 'content-encoding': 'gzip' }],
  ['', {}],
])('S-37: content of type %j %j is answered 415', async (type, headers) => {
  const { post, records } = await testGateway();
  expect((await post(order, { 'content-type': type, ...headers })).status).toBe(415);
  expect(records).toEqual([]);
});

test.each([
  ['a line break in a header', `${whole}x: a\nb\r\n\r\n${body}`],
  ['a carriage return in a header', `${whole}x: a\rb\r\n\r\n${body}`],
  ['a NUL in a header', `${whole}x: a\0b\r\n\r\n${body}`],
  ['a header without a name', `${whole}: a\r\n\r\n${body}`],
  ['HTTP/0.9', 'POST /orders\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
])('H11: %s is answered 400 and closed', async (_what, bytes) => {
  const { port, post, records } = await testGateway();
  expect(await raw(port, bytes)).toMatch(/^HTTP\/1.1 400/);
  expect((await post(order)).status).toBe(202);
  expect(records).toHaveLength(1);
});

test('H11: 1,000 requests in one go are answered in order, and then the connection is closed', async () => {
  const { port, records } = await testGateway();
  const heard = await raw(port, `${whole}\r\n${body}`.repeat(1_000));
  const offsets = [...heard.matchAll(/"offset":"(\d+)"/g)].map(([, offset]) => Number(offset));
  expect(offsets).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  expect(records).toHaveLength(1_000);
});
