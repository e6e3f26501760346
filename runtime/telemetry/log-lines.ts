/**
 * What each event says in the log: level, text, fields. Null means that it is worth a metric only. Payloads and header
 * values never appear; keys do (row S-80), since they name what a line is about.
 */
import type { LogLine, RecordPlace, RuntimeEvents } from '../core/events.ts';
import type { TopicPartition } from '../core/record-set.ts';

type Lines = { readonly [K in keyof RuntimeEvents]: ((event: RuntimeEvents[K]) => LogLine) | null };

export const logLines: Lines = {
  'kafka.reconnected': (e) => line('info', `connected to ${e.node} again`, { node: e.node }),
  'kafka.connectionFailed': (e) => line('warn', `Kafka at ${e.message}`, { node: e.node }),
  'group.state': (e) =>
    line(e.state === 'failed' ? 'error' : 'info', `group ${e.group} is ${e.state}${reason(e.reason)}`, {
      group: e.group,
      state: e.state,
    }),
  'group.failed': (e) =>
    line('error', `group ${e.group} failed, ${restart(e.delayMs)}: ${e.message}`, { group: e.group }),
  'loop.waiting': null,
  'loop.answered': null,
  'group.stalled': (e) =>
    line('error', `group ${e.group} is stuck for ${e.waitedMs} ms, ends in ${e.endsInMs} ms: ${e.cause}`, {
      group: e.group,
    }),
  'partition.opened': (e) =>
    line('info', `${at(e)} is read from offset ${e.offset}`, { ...place(e), epoch: e.epoch, offset: e.offset }),
  'partition.draining': (e) =>
    line('debug', `${at(e)} is to be given up: what is in flight is finished first`, { ...place(e), epoch: e.epoch }),
  'partition.closed': (e) =>
    line(e.lost ? 'warn' : 'info', `${at(e)} ${e.lost ? 'was lost' : 'was given up'}`, { ...place(e), epoch: e.epoch }),
  'store.state': ({ group, thread, problem }) =>
    problem === null
      ? line('info', `group ${group}: the store of handled records can be used again`, { group, thread })
      : line('error', `group ${group}: records wait, it is not known which were handled: ${problem}`, {
          group,
          thread,
        }),
  'position.failed': (e) => line('error', `${at(e)} cannot be read yet: ${e.message}`, place(e)),
  'partition.outOfRange': (e) =>
    line('error', `${at(e)}: Kafka has offset ${e.from} no more, reading goes on at ${e.to}`, {
      ...place(e),
      from: e.from,
      to: e.to,
    }),
  'partition.replaced': (e) =>
    line(
      'error',
      `${at(e)} belongs to a new topic of this name: it is read from ${e.to}, the old one was at ${e.from}`,
      {
        ...place(e),
        from: e.from,
        to: e.to,
      },
    ),
  'partition.stopped': (e) =>
    line('error', `${at(e)} is not read beyond offset ${e.offset}: ${e.reason}`, { ...place(e), offset: e.offset }),
  'partition.lag': null,
  'records.fetched': null,
  'offsets.committed': (e) => line('debug', `committed ${e.offsets.length} partitions`, { group: e.group }),
  'commit.failed': (e) =>
    line(e.retryable ? 'warn' : 'error', `commit failed: ${e.message}`, { group: e.group, retryable: e.retryable }),
  'record.retried': (e) =>
    line('warn', `attempt ${e.attempt} failed, next in ${Math.round(e.delayMs)} ms: ${e.error.message}`, {
      ...record(e),
      attempt: e.attempt,
      error: e.error.name,
    }),
  'record.exhausted': (e) =>
    line('error', `given up after ${e.attempts} attempts (${e.reason}): ${e.error.message}`, {
      ...record(e),
      attempt: e.attempts,
      error: e.error.name,
      stack: e.error.stack ?? undefined,
    }),
  'record.deadLettered': (e) =>
    line('warn', `dead letter written to ${e.deadLetterTopic}`, { ...record(e), reason: e.reason }),
  'deadLetter.failed': (e) =>
    line('error', `dead letter not written to ${e.deadLetterTopic}, its key waits: ${e.message}`, record(e)),
  'record.held': (e) => line('error', `its key waits for an operator: ${e.reason}`, record(e)),
  'record.dropped': (e) => line('error', `dropped without a dead letter: ${e.reason}`, record(e)),
  'handler.slow': (e) => line('warn', `slow handler: ${Math.round(e.durationMs)} ms`, record(e)),
  'handler.tally': null,
  'handler.log': (e) => ({ ...e.line, fields: { group: e.group, thread: e.thread, ...e.line.fields } }),
  'thread.died': (e) => line('error', `handler thread died: ${e.reason}`, { group: e.group, thread: e.thread }),
  'thread.replaced': (e) => line('info', 'handler thread replaced', { group: e.group, thread: e.thread }),
  'records.published': (e) => line('debug', `published ${e.records} records`, { topic: e.topic }),
  'publish.failed': (e) => line('warn', `${e.records} records were not written: ${e.message}`, { topic: e.topic }),
  'gateway.listening': (e) => line('info', `the gateway answers ${e.routes} routes at ${e.url}`, { routes: e.routes }),
  'gateway.answered': null,
};

function line(level: LogLine['level'], message: string, fields: LogLine['fields']): LogLine {
  return { level, message, fields };
}

function at(p: TopicPartition): string {
  return `${p.topic}/${p.partition}`;
}

function reason(text: string): string {
  return text === '' ? '' : `: ${text}`;
}

function restart(delayMs: number | null): string {
  return delayMs === null ? 'for good' : `again in ${(delayMs / 1000).toFixed(1)} s`;
}

function place(e: TopicPartition & { readonly group: string }): LogLine['fields'] {
  return { group: e.group, topic: e.topic, partition: e.partition };
}

function record(e: RecordPlace): LogLine['fields'] {
  return { ...place(e), offset: e.offset, key: e.key ?? undefined, type: e.type ?? undefined };
}
