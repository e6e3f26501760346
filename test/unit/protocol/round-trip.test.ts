import { expect, test } from 'vitest';
import { seededRandom } from '../../../runtime/core/random.ts';
import { Reader } from '../../../runtime/protocol/reader.ts';
import { describedApis } from './described-messages.ts';

// What is written is read back as the same value and leaves nothing over, in every version.
test.each(describedApis)('$name reads what it wrote', ({ messages }) => {
  for (const message of messages) {
    for (let seed = 1; seed <= 20; seed++) {
      const value = message.sample(seededRandom(seed));
      const written = message.write(value);
      const body = new Reader(written);

      const found = message.read(body);

      const where = `${message.title}, seed ${seed}`;
      expect(found, where).toEqual(value);
      expect(body.remaining, `bytes left over in ${where}`).toBe(0);
      expect(message.write(found).equals(written), `same bytes again in ${where}`).toBe(true);
    }
  }
});
