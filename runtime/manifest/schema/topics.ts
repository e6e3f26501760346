/** What Kafka accepts as the name of a topic; `.` and `..` are refused too. */
export const legalTopic = {
  type: 'string',
  minLength: 1,
  maxLength: 249,
  pattern: '^(?!\\.{1,2}$)[A-Za-z0-9._-]*$',
  want: 'a name of 1 to 249 letters, digits, dots, underscores or hyphens, taken literally',
} as const;

/** `groups.<name>.topicPrefix` and `topics`: one of the two. */
export const topicOptions = {
  topicPrefix: {
    ...legalTopic,
    description: 'orders reads the topic orders.stream, with dead letters in orders.stream.dlq.',
  },
  topics: {
    type: 'array',
    minItems: 1,
    items: legalTopic,
    description: 'Names of topics, taken literally.',
  },
} as const;
