import { expect, test } from 'vitest';
import { seededRandom } from '../../../runtime/core/random.ts';
import { ProtocolError, Reader } from '../../../runtime/protocol/reader.ts';
import { type DescribedMessage, describedApis } from './described-messages.ts';

// A message that ends too early, at whichever byte, is a ProtocolError.
test.each(describedApis)('$name refuses messages that are cut', ({ messages }) => {
  const accepted: string[] = [];
  for (const message of messages) {
    const whole = message.write(message.sample(seededRandom(3)));
    for (let length = 0; length < whole.length; length++) {
      const outcome = outcomeOf(message, whole.subarray(0, length));
      if (outcome !== 'refused') accepted.push(`${message.title} cut to ${length} bytes: ${outcome}`);
    }
  }
  expect(accepted).toEqual([]);
});

// Wrong bytes give a wrong value or a ProtocolError, never another exception.
test.each(describedApis)('$name reads or refuses messages with wrong bytes', ({ messages }) => {
  const failed: string[] = [];
  for (const message of messages) {
    const whole = message.write(message.sample(seededRandom(7)));
    for (const wrong of [0x00, 0x7f, 0x80, 0xff]) {
      for (let at = 0; at < whole.length; at++) {
        const broken = Buffer.from(whole).fill(wrong, at, Math.min(at + 4, whole.length));
        const outcome = outcomeOf(message, broken);
        if (outcome !== 'read' && outcome !== 'refused') failed.push(`${message.title}, ${wrong} at ${at}: ${outcome}`);
      }
    }
  }
  expect(failed).toEqual([]);
});

function outcomeOf(message: DescribedMessage, bytes: Buffer): string {
  try {
    message.read(new Reader(bytes));
    return 'read';
  } catch (error) {
    return error instanceof ProtocolError ? 'refused' : String(error);
  }
}
