import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, type TestContext, test } from 'vitest';
import { type FaultyNetworkOptions, startFaultyNetwork } from '../../../runtime/testing/faulty-network.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { until } from '../../../runtime/testing/until.ts';

/** A proxy in front of a server that sends everything back. */
async function echoBehind(t: TestContext, options: FaultyNetworkOptions = {}) {
  const server = createServer((socket) => void socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = () => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const network = await startFaultyNetwork(target, options);
  t.onTestFinished(async () => {
    await network.close();
    server.close();
  });
  return network;
}

async function client(t: TestContext, port: number) {
  const socket: Socket = connect({ host: '127.0.0.1', port });
  t.onTestFinished(() => void socket.destroy());
  let received = '';
  let error: string | undefined;
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code;
  });
  await once(socket, 'connect').catch(() => {}); // refused: `error` tells
  return { socket, received: () => received, error: () => error };
}

test('passes bytes both ways, and resets every connection when cut', async (t) => {
  const network = await echoBehind(t);
  const it = await client(t, network.address.port);
  it.socket.write('hello');
  await until(() => it.received() === 'hello');
  network.cut();
  await until(() => it.error() === 'ECONNRESET' && network.connections() === 0);
});

test('refuses new connections and keeps open ones', async (t) => {
  const network = await echoBehind(t);
  const open = await client(t, network.address.port);
  open.socket.write('a');
  await until(() => open.received() === 'a');
  network.refuse(true);
  const refused = await client(t, network.address.port);
  await until(() => refused.error() === 'ECONNRESET');
  open.socket.write('b');
  await until(() => open.received() === 'ab');
  network.refuse(false);
  const welcome = await client(t, network.address.port);
  welcome.socket.write('c');
  await until(() => welcome.received() === 'c');
});

test('holds bytes of old and new connections, and lets all of them through afterwards', async (t) => {
  const network = await echoBehind(t);
  const old = await client(t, network.address.port);
  await until(() => network.connections() === 1);
  network.hold(true);
  const young = await client(t, network.address.port);
  await until(() => network.connections() === 2);
  old.socket.write('old');
  young.socket.write('young');
  // A third way through another proxy takes as long as the first two would have taken.
  const free = await client(t, (await echoBehind(t)).address.port);
  free.socket.write('free');
  await until(() => free.received() === 'free');
  expect(old.received() + young.received()).toBe('');
  network.hold(false);
  await until(() => old.received() === 'old' && young.received() === 'young');
});

test('a slow link carries all of it, in order, and no faster than it is told', async (t) => {
  const clock = new ManualClock();
  const network = await echoBehind(t, { clock });
  const it = await client(t, network.address.port);
  network.slow(1_000);
  it.socket.write('x'.repeat(90).concat('y'.repeat(10)));
  // 50 bytes are on their way at once, the rest a twentieth of a second later, each way.
  await until(() => it.received().length === 50);
  while (it.received().length < 100) {
    await clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(it.received()).toBe('x'.repeat(90).concat('y'.repeat(10)));
  network.slow(null);
  it.socket.write('z'.repeat(1_000));
  await until(async () => {
    await clock.advance(50);
    return it.received().length === 1_100;
  });
});

test('mortal connections are reset within their bounds, those that were open too', async (t) => {
  const clock = new ManualClock();
  const network = await echoBehind(t, { clock });
  const old = await client(t, network.address.port);
  await until(() => network.connections() === 1);
  network.mortal([500, 1_500]);
  const young = await client(t, network.address.port);
  await until(() => network.connections() === 2);
  await clock.advance(499);
  expect(network.connections()).toBe(2);
  await clock.advance(1_001);
  await until(() => old.error() === 'ECONNRESET' && young.error() === 'ECONNRESET' && network.connections() === 0);
  network.mortal(null);
  const immortal = await client(t, network.address.port);
  await until(() => network.connections() === 1);
  await clock.advance(10_000);
  immortal.socket.write('still here');
  await until(() => immortal.received() === 'still here');
  expect(clock.pending).toBe(0);
});
