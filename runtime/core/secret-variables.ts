/**
 * Environment variables that the runtime reads its own credentials from (row S-23, the Security table). Handler threads
 * do not get them. A seat belt, no wall: code in a thread may still read files. With `execution: inline` handlers share
 * the environment of the process.
 */
export const secretVariables = [
  'KAFKA_USERNAME',
  'KAFKA_PASSWORD',
  'SCHEMA_REGISTRY_URL', // it may carry a password
  'RUNTIME_ADMIN_TOKEN',
] as const;
