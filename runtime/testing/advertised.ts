/** Puts an address in place of those that a broker tells of itself, so that clients of a proxy stay on it. */
import type { BrokerAddress } from '../core/settings.ts';

type Told = Record<string, unknown> & BrokerAddress;

/**
 * @param api name of the API that is answered
 * @param read decodes the answer; called only where it tells of addresses
 * @returns the answer with the address put in; null where there is nothing to change
 */
export function advertised(api: string, read: () => unknown, { host, port }: BrokerAddress): unknown {
  const at = <T extends Told>(told: T): T => ({ ...told, host, port });
  switch (api) {
    case 'Metadata':
    case 'DescribeCluster': {
      const answer = read() as { readonly brokers: readonly Told[] };
      return { ...answer, brokers: answer.brokers.map(at) };
    }
    case 'FindCoordinator': {
      const answer = read() as Told & { readonly errorCode: number; readonly coordinators: readonly Told[] };
      return { ...answer, host, port, coordinators: answer.coordinators.map(at) };
    }
    case 'Fetch':
    case 'Produce': {
      const answer = read() as { readonly nodeEndpoints: readonly Told[] };
      if (answer.nodeEndpoints.length === 0) return null;
      return { ...answer, nodeEndpoints: answer.nodeEndpoints.map(at) };
    }
    default:
      return null;
  }
}
