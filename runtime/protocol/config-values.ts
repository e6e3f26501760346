/** Numbers that the configuration APIs (DescribeConfigs, AlterConfigs, IncrementalAlterConfigs) share. */

/** What a configuration belongs to; `type` of a resource. */
export const configResourceTypes = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const;

/** Where a value comes from; `source` of a setting. */
export const configSources = {
  unknown: 0,
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  dynamicBrokerLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const;

/** `type` of a setting. */
export const configTypes = {
  unknown: 0,
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const;

/** `operation` of IncrementalAlterConfigs; append and subtract are for lists. */
export const configOperations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;
