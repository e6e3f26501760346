/**
 * Sends requests at a steady rate, whatever the answers, each with a key of its own and again until it is accepted.
 *
 *   due ─▶ queue ─▶ on a connection ─▶ 202: done
 *            ▲                     └─▶ 429, 503, 504, no answer: again after a pause, the same request
 *            └──────────────────────────────┘
 */
import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ClientOptions {
  /** Of the route. */
  readonly url: string;
  readonly requests: number;
  readonly rate: number;
  readonly connections: number;
  /** Told apart from those of other runs. */
  readonly keyPrefix: string;
  /** After the last request was due: what is not accepted by then stays without a 202. */
  readonly patienceMs: number;
  /** Called when half of the requests are accepted. */
  readonly half: () => void;
}

/** What one request was told in the end. */
export interface AcceptedRequest {
  readonly partition: number;
  readonly offset: number;
}

export interface Sent {
  /** By the number of the request; null for one that was never accepted. */
  readonly accepted: readonly (AcceptedRequest | null)[];
  /** How often each status came; `no answer` for connections that broke. */
  readonly statuses: ReadonlyMap<string, number>;
  /** Milliseconds of each exchange that ended in 202. */
  readonly exchangeMs: readonly number[];
  /** Milliseconds from when each accepted request was due to its 202, waiting and repeating included. */
  readonly acceptedMs: readonly number[];
  /** From the first request to the last answer, the time without a broker included. */
  readonly tookMs: number;
}

const tickMs = 10;
const pauseMs = { min: 300, max: 1_200 };
const exchangeTimeoutMs = 20_000;
const again = new Set(['429', '503', '504', 'no answer']);

/** @throws Error for an answer that a correct request does not get */
export async function sendAll(options: ClientOptions): Promise<Sent> {
  const { requests, rate, connections, patienceMs, half } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const accepted = new Array<AcceptedRequest | null>(requests).fill(null);
  const statuses = new Map<string, number>();
  const exchangeMs: number[] = [];
  const acceptedMs: number[] = [];
  const startedAt = performance.now();
  const dueAt = (nr: number): number => startedAt + (nr * 1_000) / rate;
  let queue: number[] = [];
  let free = connections;
  let due = 0;
  let left = requests;
  let wrong: Error | null = null;

  const exchange = async (nr: number): Promise<void> => {
    const began = performance.now();
    const { status, body } = await post(options, agent, nr);
    const now = performance.now();
    free++;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === '202') {
      const { partition, offset } = body as { readonly partition: number; readonly offset: string };
      accepted[nr] = { partition, offset: Number(offset) };
      exchangeMs.push(now - began);
      acceptedMs.push(now - dueAt(nr));
      if (--left === requests >> 1) half();
    } else if (again.has(status)) {
      setTimeout(() => queue.push(nr), pauseMs.min + Math.random() * (pauseMs.max - pauseMs.min));
    } else {
      wrong ??= new Error(`request ${nr} was answered ${status}: ${JSON.stringify(body)}`);
    }
    sendQueued();
  };
  const sendQueued = (): void => {
    const now = queue.slice(0, free);
    queue = queue.slice(now.length);
    free -= now.length;
    for (const nr of now) void exchange(nr);
  };

  const deadline = dueAt(requests) + patienceMs;
  while (left > 0 && wrong === null && performance.now() < deadline) {
    while (due < requests && dueAt(due) <= performance.now()) queue.push(due++);
    sendQueued();
    await sleep(tickMs);
  }
  agent.destroy();
  if (wrong !== null) throw wrong;
  return { accepted, statuses, exchangeMs, acceptedMs, tookMs: performance.now() - startedAt };
}

function post({ url, keyPrefix }: ClientOptions, agent: Agent, nr: number) {
  const body = JSON.stringify({ customer_id: `customer-${nr % 997}`, request: nr, total: (nr % 1_000) / 10 });
  const key = `${keyPrefix}-${nr}`;
  const headers = { 'content-type': 'application/json', 'content-length': body.length, 'idempotency-key': key };
  return new Promise<{ readonly status: string; readonly body: unknown }>((resolve) => {
    const none = (): void => resolve({ status: 'no answer', body: null });
    const sent = request(url, { agent, method: 'POST', headers, timeout: exchangeTimeoutMs }, (response) => {
      json(response).then((answer) => resolve({ status: String(response.statusCode), body: answer }), none);
    });
    sent.on('error', none);
    sent.on('timeout', () => sent.destroy());
    sent.end(body);
  });
}
