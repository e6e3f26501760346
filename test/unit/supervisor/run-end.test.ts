import { expect, test } from 'vitest';
import { HandlerError, KafkaError, ManifestError, UsageError } from '../../../runtime/core/errors.ts';
import { endOf, failureExitCode, type GroupEnd } from '../../../runtime/supervisor/run-end.ts';

const final = { retryable: false };
const refused = (code: number) =>
  new KafkaError('RT_KAFKA_REFUSED', 'refused', { ...final, kafkaError: { code, name: 'X' } });

test.each([
  [1, 'a handler that does not load', new HandlerError('RT_HANDLER_LOAD', 'x', final)],
  [1, 'a manifest', new ManifestError('RT_MANIFEST_INVALID', 'x', final)],
  [1, 'a port in use', new UsageError('RT_ENVIRONMENT', 'x', final)],
  [2, 'a broker that is too old', new KafkaError('RT_KAFKA_UNSUPPORTED', 'x', final)],
  [2, 'a wrong password', refused(58)],
  [2, 'a connection that was refused', new KafkaError('RT_KAFKA_REFUSED', 'x', final)],
  [3, 'no right to read the topic', refused(29)],
  [3, 'no right to join the group', refused(30)],
  [3, 'an error of ours', new TypeError('x')],
])('exit code %i for %s', (code, _name, error) => {
  expect(failureExitCode(error)).toBe(code);
});

const drained: GroupEnd = { kind: 'stopped', drained: true };
const cut: GroupEnd = { kind: 'stopped', drained: false };
const failed: GroupEnd = { kind: 'failed', error: refused(29) };

test.each([
  [0, 'all drained', [drained, drained]],
  [4, 'one not drained in time', [drained, cut]],
  [3, 'one failed, the others drained', [drained, failed]],
  [3, 'one failed, one not drained in time', [cut, failed]],
  [
    1,
    'the mistake that somebody can fix comes first',
    [failed, { kind: 'failed', error: new HandlerError('RT_HANDLER_LOAD', 'x', final) }],
  ],
] as const)('%i when %s', (code, _name, ends) => {
  expect(endOf(ends).exitCode).toBe(code);
});
