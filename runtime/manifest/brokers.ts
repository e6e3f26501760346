/** `kafka.brokers`: addresses as a list or a text with commas, or the broker in this process. */

import type { BrokerAddress } from '../core/settings.ts';

export type Brokers =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'addresses'; readonly addresses: readonly BrokerAddress[] }
  /** `entry` counts from 0. */
  | { readonly kind: 'fault'; readonly entry: number; readonly fault: string };

/** An address given twice is kept once. */
export function parseBrokers(value: string | readonly string[]): Brokers {
  const entries = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value;
  if (entries.length === 1 && entries[0] === 'embedded') return { kind: 'embedded' };
  const addresses = new Map<string, BrokerAddress>();
  for (const [entry, text] of entries.entries()) {
    if (text === 'embedded') return { kind: 'fault', entry, fault: 'embedded stands alone' };
    // IPv6 addresses stand in brackets, as in URLs.
    const [, ipv6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})$/.exec(text) ?? [];
    const host = ipv6 ?? name;
    if (host === undefined) return { kind: 'fault', entry, fault: 'not an address' };
    if (Number(port) < 1 || Number(port) > 65_535) return { kind: 'fault', entry, fault: 'not a port' };
    addresses.set(`${host} ${port}`, { host, port: Number(port) });
  }
  return { kind: 'addresses', addresses: [...addresses.values()] };
}
