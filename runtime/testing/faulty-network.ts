/**
 * A network that can fail: a loopback TCP proxy in front of one broker. Clients stay on it when the broker advertises
 * the proxy's port.
 *
 *   client ──▶ proxy ──▶ broker      open: bytes pass · holding: kept, both ways · refusing: new connections are reset
 *          ◀──       ◀──
 *
 * Holding keeps no bytes in memory: the sockets are not read, so the senders' own buffers fill up. Not responsible for
 * what the bytes say: it knows no frames.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { BrokerAddress } from '../core/settings.ts';

export interface FaultyNetwork {
  /** Where clients connect, and what the broker has to advertise. */
  readonly address: BrokerAddress;
  /** Client connections that are open now. */
  readonly connections: () => number;
  /** Client connections since the start, refused ones too. */
  readonly accepted: () => number;
  /** Resets every connection (RST), as a router that has lost its state. */
  cut(): void;
  /** From now on new connections are reset at once, or (false) accepted again; open ones stay. */
  refuse(refusing: boolean): void;
  /** A black hole: from now on nothing passes either way, or (false) all of it, what was held first. */
  hold(holding: boolean): void;
  close(): Promise<void>;
}

/** @param target asked per connection, since a broker that advertises the proxy starts after it */
export async function startFaultyNetwork(target: () => BrokerAddress): Promise<FaultyNetwork> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let accepted = 0;
  let refusing = false;
  let holding = false;

  const server = createServer({ noDelay: true }, (client) => {
    accepted++;
    client.on('error', () => {}); // either side may go away at any time; `close` tells
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const { host, port } = target();
    const broker = connect({ host, port, noDelay: true });
    broker.on('error', () => {});
    clients.add(client);
    client.on('close', () => clients.delete(client));
    forward(client, broker);
    forward(broker, client);
  });

  function forward(from: Socket, to: Socket): void {
    sockets.add(from);
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!holding) from.resume();
    });
    from.on('close', () => {
      sockets.delete(from);
      to.destroySoon(); // what the side that went away had said before still arrives
    });
    if (holding) from.pause();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    connections: () => clients.size,
    accepted: () => accepted,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    refuse: (now) => {
      refusing = now;
    },
    hold: (now) => {
      holding = now;
      for (const socket of sockets) {
        if (now) socket.pause();
        else socket.resume();
      }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
