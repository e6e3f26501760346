/** The targets by name. Each is loaded when it is wanted, in the thread that runs it. */
import type { Target } from './target.ts';

const loaders = {
  records: async (): Promise<Target> => (await import('./targets/records.ts')).records,
  responses: async (): Promise<Target> => (await import('./targets/responses.ts')).responses,
  broker: async (): Promise<Target> => (await import('./targets/broker.ts')).broker,
  manifest: async (): Promise<Target> => (await import('./targets/manifest.ts')).manifest,
} as const;

export type TargetName = keyof typeof loaders;

export const targetNames = Object.keys(loaders) as readonly TargetName[];

export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(loaders, name);
}

export function loadTarget(name: TargetName): Promise<Target> {
  return loaders[name]();
}
