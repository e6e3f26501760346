/** One group, one topic with one partition, a few records: for what a process does around the handling of a record. */
import { onTestFinished } from 'vitest';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import type { Target } from '../../peers/support/targets.ts';
import { makeProject, type Project } from './project.ts';

export interface OneRecordWork {
  readonly project: Project;
  /** One record, whose call takes so long. */
  publish(takesMs: number): Promise<void>;
  /** Next offset that the group reads; null when nothing was committed. */
  committed(): Promise<bigint | null>;
}

/** @param shutdownTimeout `shutdown.timeout`, such as `30s` */
export async function oneRecordWork(target: Target, shutdownTimeout: string): Promise<OneRecordWork> {
  const topic = await target.makeTopic('one', 1);
  target.owns(`${topic}.dlq`);
  const group = target.fresh('one');
  const kafka = new TestKafka(target.addresses);
  onTestFinished(() => kafka.close());
  const project = makeProject({
    kafka: { brokers: target.brokers },
    groups: { [group]: { topics: [topic], handlers: './handlers.ts' } },
    shutdown: { timeout: shutdownTimeout },
    observability: { http: { port: 0 } },
  });
  return {
    project,
    publish: (takesMs) => kafka.publish(topic, [['key', {}, { takes: String(takesMs) }]]),
    committed: () => kafka.committed(group, topic, 0),
  };
}
