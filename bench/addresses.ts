/** `host:port,host:port` as KAFKA_BROKERS has it, taken apart. */
import type { BrokerAddress } from '../runtime/core/settings.ts';

export function addressesOf(brokers: string): readonly BrokerAddress[] {
  return brokers.split(',').map((address) => {
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
  });
}
