/**
 * HTTP in, events out (S-37): listens, and carries each request along its path (`request-path.ts`) and the answer back.
 *
 *   accepting ──drain──▶ draining: 503 and `Connection: close` ──all answered, or the budget over──▶ close
 *
 * Bodies and header values never reach a log line.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, sleep } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import type { GatewaySettings, RouteSettings } from '../core/gateway-settings.ts';
import { boundedServer, listenAt } from '../http/bounded-server.ts';
import { draining, mayTryAgain, type Refused, tooMany } from './answer.ts';
import { type Body, readBodies } from './body.ts';
import { gatewayLimits } from './limits.ts';
import { type Reply, RequestPath, type RequestPathOptions } from './request-path.ts';
import { UnderWay } from './under-way.ts';

export interface GatewayOptions extends RequestPathOptions {
  readonly emit: Emit;
}

/** @throws UsageError `RT_ENVIRONMENT` when the address cannot be listened on */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new Gateway(options);
  await gateway.listen();
  return gateway;
}

export class Gateway {
  readonly #settings: GatewaySettings;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #path: RequestPath;
  readonly #server: FastifyInstance;
  /** Requests that are read as a whole and whose answer has not left yet. */
  readonly #underWay = new UnderWay();
  #draining: boolean = false;
  #url = '';

  constructor(options: GatewayOptions) {
    const { settings, clock, emit } = options;
    this.#settings = settings;
    this.#clock = clock;
    this.#emit = emit;
    this.#path = new RequestPath(options);
    const { connections } = gatewayLimits;
    this.#server = boundedServer({ bodyBytes: settings.maxBodyBytes, connections });
    readBodies(this.#server);
    this.#addHooks();
    for (const route of settings.routes) this.#addRoute(route);
    this.#answerMistakes();
  }

  /** As bound: with the real port where 0 was asked for. */
  get url(): string {
    return this.#url;
  }

  async listen(): Promise<void> {
    this.#url = await listenAt(this.#server, this.#settings, 'gateway');
  }

  /**
   * From now on requests are answered 503; those that are under way get their answer, and what was answered 504 is
   * settled: whoever asks again asks another process, which knows nothing of it.
   * @returns whether that was all within the budget
   */
  async drain(budgetMs: number): Promise<boolean> {
    this.#draining = true;
    const over = new AbortController();
    const all = Promise.all([this.#underWay.none(), this.#path.writes.none()]);
    await Promise.race([all, sleep(this.#clock, budgetMs, over.signal)]);
    over.abort();
    return this.#underWay.count + this.#path.writes.count === 0;
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return this.#server.close();
  }

  #addHooks(): void {
    this.#server.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
      if (this.#draining) reply.header('connection', 'close');
    });
    this.#server.addHook('onResponse', async (request, reply) => {
      const { config } = request.routeOptions;
      const route = (config as { readonly label?: string }).label ?? 'none';
      this.#emit('gateway.answered', { route, status: reply.statusCode, durationMs: reply.elapsedTime });
    });
  }

  #addRoute(route: RouteSettings): void {
    const { method, path } = route;
    const config = { label: `${method} ${path}` };
    this.#server.route({ method, url: path, config, handler: (request, reply) => this.#handle(route, request, reply) });
  }

  async #handle(route: RouteSettings, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (this.#draining) return refuse(reply, draining);
    if (this.#underWay.count >= gatewayLimits.requests) return refuse(reply, tooMany);
    // Also when the client has gone away.
    reply.raw.once('close', this.#underWay.begin());
    const body = (request.body as Body | undefined) ?? null;
    return send(reply, await this.#path.answer(route, request.headers, body));
  }

  #answerMistakes(): void {
    const methods = Map.groupBy(this.#settings.routes, ({ path }) => path);
    this.#server.setNotFoundHandler((request, reply) => {
      const known = methods.get(request.url.split('?', 1)[0] ?? '');
      if (known === undefined) return reply.code(404).send({ error: 'not found' });
      const allowed = known.map(({ method }) => method).join(', ');
      return reply
        .code(405)
        .header('allow', allowed)
        .send({ error: `only ${allowed} is answered here` });
    });
    this.#server.setErrorHandler(
      (error: { readonly statusCode?: number; readonly message: string }, _request, reply) => {
        const status = error.statusCode ?? 500;
        const message =
          status === 415 ? 'want content-type: application/json, not compressed, in utf-8' : error.message;
        return reply.code(status).send({ error: status < 500 ? message : 'internal error' });
      },
    );
  }
}

function send(reply: FastifyReply, { answer, repeated }: Reply): FastifyReply {
  if (answer.kind === 'refused') return refuse(reply, answer);
  const { kind: _, ...event } = answer;
  if (repeated) reply.header('idempotent-replayed', 'true');
  return reply.code(202).send(event);
}

function refuse(reply: FastifyReply, answer: Refused): FastifyReply {
  const { kind: _, status, ...body } = answer;
  if (mayTryAgain(answer)) reply.header('retry-after', String(gatewayLimits.retryAfterSeconds));
  return reply.code(status).send(body);
}
