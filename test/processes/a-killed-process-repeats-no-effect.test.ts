// kill -9 after effects and before their offsets are committed: everything comes again, and no effect comes twice, is
// missing, or changes its place behind another one of its key.
// Row S-55.
import { describe, expect, test } from 'vitest';
import { effectsWork, partitions, postgres } from './support/effects-work.ts';
import { startRuntime } from './support/runtime-process.ts';

const total = 600;

describe.skipIf(postgres.missing)('on PostgreSQL', () => {
  test('S-55: dedupe.store sql: kill -9 repeats records, and no effect', { timeout: 180_000 }, async ({ annotate }) => {
    const work = await effectsWork();
    await work.publish(0, total);
    for (const killedAt of [150, 350]) {
      const runtime = startRuntime(work.project);
      await runtime.joined(partitions);
      await runtime.until(async () => (await work.count()) >= killedAt);
      runtime.signal('SIGKILL');
      await runtime.exit();
    }
    expect(await work.kafka.committed('billing', 'orders', 0)).toBeNull();

    const last = startRuntime(work.project);
    await last.joined(partitions);
    await last.until(async () => (await work.count()) >= total);
    let duplicates = 0;
    await last.until(async () => {
      const { total: counts } = JSON.parse((await last.get('/stats')).body);
      duplicates = counts.duplicates_skipped;
      return counts.events_processed_success >= total;
    });
    last.signal('SIGTERM');
    expect((await last.exit()).code).toBe(0);

    const effects = await work.effects();
    expect(effects).toHaveLength(total);
    for (const key of new Set(effects.map((one) => one.key))) {
      const sequences = effects.filter((one) => one.key === key).map(({ sequence }) => sequence);
      expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, index) => index));
    }
    expect(duplicates).toBeGreaterThanOrEqual(350);
    await annotate(`${total} effects, ${duplicates} records that came again were passed over`);
  });
});
