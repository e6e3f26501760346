/**
 * A network that can fail: a loopback TCP proxy in front of one broker. Clients stay on it when the broker advertises
 * the proxy's port, or when `FaultyFrames` tells them so.
 *
 *   client ──▶ proxy ──▶ broker      open: bytes pass · holding: kept, both ways · refusing: new connections are reset
 *          ◀──       ◀──             slow: so many bytes per second · mortal: each connection is reset after a while
 *
 * Holding keeps no bytes in memory: the sockets are not read, so the senders' own buffers fill up. Not responsible for
 * what the bytes say: that is for a tap (`faulty-frames.ts`).
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Clock, systemClock, type Timer } from '../core/clock.ts';
import { type Random, seededRandom } from '../core/random.ts';
import type { BrokerAddress } from '../core/settings.ts';
import { SlowLink } from './slow-link.ts';

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
  /** From now on each connection carries so many bytes per second each way, or (null) as many as it can. */
  slow(bytesPerSecond: number | null): void;
  /** From now on connections, open ones too, live for a random time within these bounds, or (null) as long as they like. */
  mortal(lifetimeMs: readonly [min: number, max: number] | null): void;
  close(): Promise<void>;
}

/** What stands in the way of one connection's bytes; whatever it passes on goes through the network's other faults. */
export interface Tap {
  fromClient(bytes: Buffer): void;
  fromBroker(bytes: Buffer): void;
}

/** The two ends, as a tap sees them. */
export interface TapEnds {
  toClient(bytes: Buffer): void;
  toBroker(bytes: Buffer): void;
  /** Ends the connection once what was passed on has arrived. */
  end(): void;
}

export interface FaultyNetworkOptions {
  /** Called for each connection. */
  readonly tap?: (ends: TapEnds) => Tap;
  readonly clock?: Clock;
  /** For lifetimes. */
  readonly random?: Random;
}

/** @param target asked per connection, since a broker that advertises the proxy starts after it */
export async function startFaultyNetwork(
  target: () => BrokerAddress,
  { tap, clock = systemClock, random = seededRandom(1) }: FaultyNetworkOptions = {},
): Promise<FaultyNetwork> {
  const sockets = new Set<Socket>();
  /** Clients, and when each one's time is over. */
  const clients = new Map<Socket, Timer | null>();
  let accepted = 0;
  let refusing = false;
  let holding = false;
  let bytesPerSecond: number | null = null;
  let lifetimeMs: readonly [number, number] | null = null;

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
    clients.set(client, deathOf(client));
    client.on('close', () => {
      clients.get(client)?.cancel();
      clients.delete(client);
    });
    const toBroker = way(client, broker);
    const toClient = way(broker, client);
    const tapped = tap?.({ toBroker, toClient, end: () => client.destroySoon() });
    client.on('data', (bytes: Buffer) => (tapped === undefined ? toBroker(bytes) : tapped.fromClient(bytes)));
    broker.on('data', (bytes: Buffer) => (tapped === undefined ? toClient(bytes) : tapped.fromBroker(bytes)));
    if (holding) for (const socket of [client, broker]) socket.pause();
  });

  /** @returns a function that sends on what came `from` there: in order, and no faster than it is taken */
  function way(from: Socket, to: Socket): (bytes: Buffer) => void {
    const closed = new AbortController();
    const link = new SlowLink(
      clock,
      () => bytesPerSecond,
      (bytes) => void to.write(bytes),
      closed.signal,
    );
    let last = Promise.resolve();
    /** Pieces that are on their way. */
    let carried = 0;
    const flow = (): void => {
      if (carried > 0 || to.writableNeedDrain) from.pause();
      else if (!holding) from.resume();
    };
    sockets.add(from);
    to.on('drain', flow);
    from.on('close', () => {
      sockets.delete(from);
      // What the side that went away had said before still arrives.
      void last.then(() => to.destroySoon());
    });
    to.on('close', () => closed.abort());
    return (bytes) => {
      if (bytesPerSecond === null && carried === 0) {
        to.write(bytes);
        return flow();
      }
      carried++;
      last = last
        .then(() => link.carry(bytes))
        .then(() => {
          carried--;
          flow();
        });
      flow();
    };
  }

  function deathOf(client: Socket): Timer | null {
    if (lifetimeMs === null) return null;
    const [min, max] = lifetimeMs;
    return clock.after(min + random() * (max - min), () => client.resetAndDestroy());
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
    slow: (now) => {
      bytesPerSecond = now;
    },
    mortal: (now) => {
      lifetimeMs = now;
      for (const [client, timer] of clients) {
        timer?.cancel();
        clients.set(client, deathOf(client));
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
