/** Who can take part, by the name of the script in this folder. */

export const contenders = {
  runtime: 'this runtime',
  'kafkajs-each-batch': 'kafkajs eachBatch',
  'kafkajs-each-message': 'kafkajs eachMessage',
  'kafkajs-lanes': 'kafkajs, a lane per key by hand',
  'kafkajs-piscina': 'kafkajs + piscina, a task per record',
  'platformatic-stream': '@platformatic/kafka stream',
  'java-consumer': 'Java ConsumerPerformance',
} as const;

export type ContenderName = keyof typeof contenders;

/** Ratios are against this one. */
export const baseline: ContenderName = 'kafkajs-each-batch';
