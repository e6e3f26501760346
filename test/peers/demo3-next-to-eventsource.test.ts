// Demo 3 and its twin with eventsource-py are compared only where both have handled every event. No figure is looked at.
import { describe, expect, onTestFinished, test } from 'vitest';
import { compareDemo3 } from '../../bench/demo3/compare.ts';
import { startBrokerThread } from '../../runtime/broker/start-broker.ts';
import { pythonPeer } from './support/peers.ts';

const python = await pythonPeer();

describe.skipIf(python.missing)('Demo 3 next to eventsource-py', { timeout: 120_000 }, () => {
  test('both handle all events', async () => {
    const broker = await startBrokerThread();
    onTestFinished(() => broker.close());
    const brokers = `${broker.address.host}:${broker.address.port}`;
    const ran: string[] = [];
    const options = { brokers, python: python.path, events: 200, atOnce: 2, runs: 1 };
    const found = await compareDemo3({ ...options, ran: (contender) => ran.push(contender) });
    expect(ran).toEqual(['runtime', 'eventsource-py']);
    for (const rate of [...found.runtime, ...found.python, found.timesAsFast]) expect(rate).toBeGreaterThan(0);
  });

  test('a program that does not handle them is no result', async () => {
    const broker = await startBrokerThread();
    onTestFinished(() => broker.close());
    const brokers = `${broker.address.host}:${broker.address.port}`;
    const options = { brokers, python: '/bin/true', events: 100, atOnce: 1, runs: 1 };
    await expect(compareDemo3(options)).rejects.toThrow(/demo3.py ended with 0 and did not handle 100 events/);
  });
});
