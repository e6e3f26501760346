/** Finds TCP ports on 127.0.0.1 that nothing listens on. They are free now, not reserved: start soon, or try again. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Returns `count` different free ports. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
