/**
 * Runs Apache Kafka's own console tools as child processes, with the jars that `kafka-install.ts` fetches.
 * Responsible for class names and for the processes, not for what the tools are asked to do.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { exited, spawnBound } from './bound-process.ts';
import { installKafka } from './kafka-install.ts';

export { kafkaSupport } from './kafka-install.ts';

/** Main classes by the name of the tool; in 4.3.0 only ConfigCommand is still in the old package. */
const mainClasses = {
  AclCommand: 'org.apache.kafka.tools.AclCommand',
  ConfigCommand: 'kafka.admin.ConfigCommand',
  ConsoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  ConsoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  ConsumerGroupCommand: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  ConsumerPerformance: 'org.apache.kafka.tools.ConsumerPerformance',
  DeleteRecordsCommand: 'org.apache.kafka.tools.DeleteRecordsCommand',
  DumpLogSegments: 'org.apache.kafka.tools.DumpLogSegments',
  GetOffsetShell: 'org.apache.kafka.tools.GetOffsetShell',
  ProducerPerformance: 'org.apache.kafka.tools.ProducerPerformance',
  TopicCommand: 'org.apache.kafka.tools.TopicCommand',
  TransactionsCommand: 'org.apache.kafka.tools.TransactionsCommand',
} as const;

export type JavaTool = keyof typeof mainClasses;

export type JavaToolResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/**
 * Starts a tool and returns its process at once, with stdin, stdout and stderr as pipes: read stdout and stderr, or
 * a tool that prints a lot stops. It dies with this process.
 *
 * @param args  as after `kafka-….sh`, for example `['--bootstrap-server', brokers, '--list']`
 */
export async function startJavaTool(tool: JavaTool, args: readonly string[]): Promise<ChildProcess> {
  const libs = await installKafka();
  // A tool lives for seconds: the small heap and the quick compiler make its start about a third shorter.
  const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const child = spawnBound('java', [...jvm, logging, '-cp', join(libs, '*'), mainClasses[tool], ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  // The tool may end without having read its input; the exit code tells what went wrong.
  child.stdin!.on('error', () => {});
  return child;
}

/**
 * Runs a tool to its end.
 *
 * @param options.input   written to stdin, which is then closed
 * @param options.signal  kills the tool; the result has code 128 then
 * @returns its exit code and output; a code other than 0 is not an exception, since tests look at it
 */
export async function runJavaTool(
  tool: JavaTool,
  args: readonly string[],
  options: { readonly input?: string; readonly signal?: AbortSignal } = {},
): Promise<JavaToolResult> {
  const child = await startJavaTool(tool, args);
  const kill = () => child.kill('SIGKILL');
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  try {
    child.stdin!.end(options.input ?? '');
    const [code, stdout, stderr] = await Promise.all([exited(child), text(child.stdout!), text(child.stderr!)]);
    return { code, stdout, stderr };
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
}
