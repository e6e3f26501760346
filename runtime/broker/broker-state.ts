/** Everything that the answers to requests are made from. */
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { GroupCoordinator } from './groups/group-coordinator.ts';
import type { Topics } from './topics.ts';
import type { ProducerRegistry } from './transactions/producer-registry.ts';

export interface BrokerState {
  readonly clock: Clock;
  readonly random: Random;
  readonly clusterId: string;
  readonly topics: Topics;
  readonly groups: GroupCoordinator;
  readonly producers: ProducerRegistry;
  /** Whether a client that asks for an unknown topic, and for it to be made, gets it. */
  readonly autoCreateTopics: boolean;
  /** Where the broker listens; known once it does. */
  address(): { readonly host: string; readonly port: number };
}

/** The only node of the cluster, controller and coordinator of everything. */
export const nodeId = 1;
