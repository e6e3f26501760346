/**
 * Asks a broker over TCP, without a client library, whether it is ready: one Metadata request, version 0, whose
 * answer counts the brokers that are registered and not fenced. A port that is open says much less.
 */
import { connect } from 'node:net';

/** How many live brokers the broker at this address knows; 0 when it does not answer within `timeoutMs`. */
export function liveBrokers(host: string, port: number, timeoutMs = 1_000): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const finish = (count: number) => {
      socket.destroy();
      resolve(count);
    };
    socket.setTimeout(timeoutMs, () => finish(0));
    socket.on('error', () => finish(0));
    socket.on('close', () => finish(0));
    socket.on('connect', () => socket.write(metadataRequest));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      // Length and correlation id, four bytes each, come before the number of brokers.
      if (received.length >= 12) finish(received.readInt32BE(8));
    });
  });
}

/** Length, key 3, version 0, correlation id 1, client id "up", one topic name that needs no topic to exist. */
const metadataRequest = (() => {
  const body = Buffer.concat([
    Buffer.from([0, 3, 0, 0, 0, 0, 0, 1, 0, 2]),
    Buffer.from('up'),
    Buffer.from([0, 0, 0, 1, 0, 2]),
    Buffer.from('up'),
  ]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
})();
