/** A Python that keeps buses of eventsource-py and does with them what it is told: `eventsource_session.py`. */
import { join } from 'node:path';
import { until } from '../../../runtime/testing/until.ts';
import { spawnBound } from '../../../scripts/real/bound-process.ts';
import { RunningProcess } from '../../support/running-process.ts';

/** An event as Python shows it: the class, and each field as Python writes it. */
export type ShownEvent = Readonly<Record<string, string>>;

export interface PythonBus {
  /** In the order of its handler calls. */
  handled(): Promise<readonly ShownEvent[]>;
  /** Finishes and commits what is under way, leaves the group. @returns all that it has handled */
  close(): Promise<readonly ShownEvent[]>;
  /** With its own dead letter tool. */
  replay(partition: number, offset: number, force?: boolean): Promise<{ readonly replayed: boolean }>;
}

export interface OpenBus {
  readonly prefix: string;
  readonly group: string;
  /** Customers whose events its handler refuses. */
  readonly fail?: readonly string[];
}

const script = join(import.meta.dirname, '..', 'python', 'eventsource_session.py');

export class EventsourceSession {
  readonly #process: RunningProcess;
  #asked = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #buses = 0;

  /** @param python path of one that has the package */
  constructor(python: string, brokers: string) {
    this.#process = new RunningProcess(spawnBound(python, [script, brokers], { stdio: ['pipe', 'pipe', 'pipe'] }));
    this.#process.child.stdin!.on('error', () => {}); // its exit code tells
  }

  /** Publishes the samples of the script, a field of every type among them; makes the topics. */
  async publish(prefix: string): Promise<readonly ShownEvent[]> {
    return (await this.#ask<{ published: readonly ShownEvent[] }>({ do: 'publish', prefix })).published;
  }

  /** `<prefix>.stream` and its dead letter topic, with 4 partitions. */
  async makeTopics(prefix: string): Promise<void> {
    await this.#ask({ do: 'make_topics', prefix });
  }

  /** Joins the group and handles; the topics have to be there. */
  async open(options: OpenBus): Promise<PythonBus> {
    const bus = `bus ${++this.#buses}`;
    await this.#ask({ do: 'open', bus, ...options });
    const handledBy = async (what: string) =>
      (await this.#ask<{ handled: readonly ShownEvent[] }>({ do: what, bus })).handled;
    return {
      handled: () => handledBy('handled'),
      close: () => handledBy('close'),
      replay: (partition, offset, force = false) => this.#ask({ do: 'replay', bus, partition, offset, force }),
    };
  }

  /** Ends Python, with whatever is still open. */
  close(): Promise<void> {
    return this.#process.close();
  }

  /** One request after the other. */
  #ask<T>(request: object): Promise<T> {
    const answer = this.#queue.then(() => this.#answerTo(request));
    this.#queue = answer.catch(() => {});
    return answer as Promise<T>;
  }

  async #answerTo(request: object): Promise<unknown> {
    const { stdout, stderr, child } = this.#process;
    child.stdin!.write(`${JSON.stringify(request)}\n`);
    const n = this.#asked++;
    await until(() => stdout.length > n || !this.#process.running, { withinMs: 60_000, state: () => stderr });
    const answer = stdout[n] === undefined ? { failed: stderr.join('\n') } : JSON.parse(stdout[n]);
    if ('failed' in answer) throw new Error(`${JSON.stringify(request)}: ${answer.failed}`);
    return answer;
  }
}
