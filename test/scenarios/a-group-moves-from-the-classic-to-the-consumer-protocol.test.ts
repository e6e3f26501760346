// A group of the classic protocol goes on in the consumer protocol where it was: after a stop, and member by member while
// records come. Where the broker does not move a group with members (the embedded one), `auto` joins it as it is.
import { describe, expect, test } from 'vitest';
import { startTestRuntime, type TestRecord, type TestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { scripted, told } from './support/calls.ts';
import { quick } from './support/quick.ts';

const partitions = 4;
const keys = 40;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    const began = (...of: readonly TestRuntime[]) => told(...of).filter(({ what }) => what === 'began').length;
    const done = (...of: readonly TestRuntime[]) => told(...of).filter(({ what }) => what === 'succeeded').length;
    const records = (): TestRecord[] => Array.from({ length: keys }, (_, key): TestRecord => [`key ${key}`, {}]);

    async function group(t: Parameters<typeof startTestRuntime>[0]) {
      const topic = await target.makeTopic('orders', partitions);
      target.owns(`${topic}.dlq`);
      const name = target.fresh('billing');
      const start = (protocol: string): Promise<TestRuntime> =>
        startTestRuntime(t, {
          brokers: target.addresses,
          group: { ...quick, name, topics: [topic], protocol },
          handlers: scripted,
        });
      return { topic, start };
    }

    test('stopped, and started with the other protocol, it goes on at its offsets, there and back', async (t) => {
      const { topic, start } = await group(t);
      const all: TestRuntime[] = [];
      for (const [round, protocol] of ['classic', 'consumer', 'classic', 'auto'].entries()) {
        const rt = await start(protocol);
        all.push(rt);
        await rt.publish(topic, records());
        await rt.until(() => done(...all) === keys * (round + 1));
        expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
      }
      expect(began(...all)).toBe(keys * 4);
    });

    test('member by member, while records come', async (t) => {
      const { topic, start } = await group(t);
      const all: TestRuntime[] = [];
      let published = 0;
      const work = async (): Promise<void> => {
        await all[0]!.publish(topic, records());
        published += keys;
      };
      const add = async (protocol: string): Promise<TestRuntime> => {
        const rt = await start(protocol);
        all.push(rt);
        await work();
        await rt.until(() => owned(rt) > 0, 60_000);
        return rt;
      };
      const old = [await add('classic'), await add('classic')];
      const fresh = [await add('auto')];
      for (const rt of old) {
        await work();
        expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
        await work();
        fresh.push(await add('auto'));
      }
      await fresh[0]!.until(() => fresh.reduce((sum, rt) => sum + owned(rt), 0) === partitions, 60_000);
      await work();
      await fresh[0]!.until(() => done(...all) === published, 60_000);
      expect(began(...all)).toBe(published);
      for (const rt of fresh) expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
    });
  });
}

function owned(rt: TestRuntime): number {
  return rt.count('partition.opened') - rt.count('partition.closed');
}
