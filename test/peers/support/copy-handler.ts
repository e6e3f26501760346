/** A handler module for threads: publishes every event again, with the same envelope, to a topic named after its own. */
import { defineHandlers } from '../../../runtime/handler/define-handlers.ts';

/** The prefix of topics, or a topic, that the copy of another one goes to. */
export function copyOf(name: string): string {
  return `copy-${name}`;
}

export default defineHandlers({
  '*': async (event, ctx) => {
    const { id, aggregateId, aggregateType, aggregateVersion, occurredAt } = event;
    const { correlationId, causationId, tenantId, actorId } = event;
    const envelope = { id, aggregateId, aggregateType, aggregateVersion, occurredAt, correlationId, causationId };
    const given = Object.entries({ ...envelope, tenantId, actorId }).filter(([, value]) => value !== undefined);
    await ctx.publish({ topic: copyOf(event.topic), type: event.type, data: event.data, ...Object.fromEntries(given) });
  },
});
