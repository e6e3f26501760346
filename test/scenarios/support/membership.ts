/** What a group asks of its broker to be a group, in whichever protocol. */
import type { Broker } from '../../../runtime/broker/broker.ts';
import type { TestRuntime } from '../../../runtime/testing/index.ts';

export const protocols = ['classic', 'consumer'] as const;

/** Times that it has begun to join. */
export function joinsOf(rt: TestRuntime): number {
  return rt.events('group.state').filter(({ state }) => state === 'joining').length;
}

/** Heartbeats so far. */
export function beatsAt({ control }: Broker): number {
  return control.served('Heartbeat') + control.served('ConsumerGroupHeartbeat');
}
