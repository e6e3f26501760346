/** Loads the check of published events only where types are registered: a JSON Schema compiler takes memory and time. */
import type { SchemaSettings } from '../core/event-types.ts';
import type { OutboundCheck } from './outbound-check.ts';

/** @param settings of every file @returns null when none registers a type */
export async function loadOutboundCheck(settings: readonly SchemaSettings[]): Promise<OutboundCheck | null> {
  if (settings.every(({ events }) => events.length === 0)) return null;
  const { outboundCheck } = await import('./outbound-check.ts');
  return outboundCheck(settings);
}
