// Shapes that cost a reader its time, at the full length that a file may have: each is refused or taken, soon.
// The time is far above what a shape takes (a third of a second) and far below what a quadratic one takes.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../runtime/core/random.ts';
import { bytesMax, shapes } from '../../../scripts/fuzz/hostile-yaml.ts';
import { manifest } from '../../../scripts/fuzz/targets/manifest.ts';
import { createProject } from './project.ts';

const random = seededRandom(6);
const texts = shapes.map((shape) => shape(bytesMax - 100, random, ['a', 'kafka', 'groups']).slice(0, bytesMax));

test.each(texts.map((text) => [text.slice(0, 50), text] as const))(
  '%j …',
  async (_start, text) => {
    expect(['accepted', 'refused']).toContain(await manifest.run(Buffer.from(text)));
  },
  15_000,
);

test('of thousands of mistakes the first thousand are told, and groups are not looked at further', (t) => {
  const project = createProject();
  t.onTestFinished(project.remove);
  const groups = Array.from(
    { length: 1_500 },
    (_, i) => `  g${i}: { topicPrefix: a, handlers: ../handlers/a.ts, x: 1 }`,
  );
  expect(project.problemsOf(`groups:\n${groups.join('\n')}\n`)).toHaveLength(1_000);
});
