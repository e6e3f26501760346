/**
 * The instance id of a group's member: what Kafka knows a process by when it comes back.
 *
 *   auto   payments-3                    name and ordinal of a StatefulSet: the same after a restart
 *          payments-7d9c5b8f6d-x2x4z     of a Deployment: new for each pod, so no id is taken from it
 *   none   no id: each start is a new member
 *   text   the id
 *
 * An id that two processes share would end one of them, so `auto` takes only a name that Kubernetes stands for.
 */
import type { Environment } from './substitute.ts';

/**
 * Kubernetes writes ordinals without leading zeros. Random suffixes have five characters, which may all be digits; no
 * set has 10,000 pods.
 */
const nameWithOrdinal = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?-(0|[1-9][0-9]{0,3})$/;

/** @param value of `staticMembership`, checked @returns null for a member without one */
export function instanceIdOf(value: string, env: Environment): string | null {
  if (value === 'none') return null;
  if (value !== 'auto') return value;
  const name = podName(env);
  return name !== null && nameWithOrdinal.test(name) ? name : null;
}

/** POD_NAME is set by hand (downward API); HOSTNAME says something only inside of a pod. */
function podName({ POD_NAME, HOSTNAME, KUBERNETES_SERVICE_HOST }: Environment): string | null {
  if (POD_NAME) return POD_NAME;
  return KUBERNETES_SERVICE_HOST && HOSTNAME ? HOSTNAME : null;
}
