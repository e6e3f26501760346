/** `staticMembership`: Kafka's `group.instance.id`, which follows the rules of topic names. */
export const staticMembershipOption = {
  type: 'string',
  minLength: 1,
  maxLength: 249,
  // The words for yes and no would be ids otherwise, and all processes would have the same.
  pattern: '^(?!(\\.{1,2}|on|off|yes|no|true|false|null)$)[A-Za-z0-9._-]+$',
  want: 'auto, none, or an id of this process, such as payments-${ORDINAL}: 1 to 249 letters, digits, dots, underscores or hyphens',
  default: 'auto',
  description:
    'Under which id a process comes back after a restart without a rebalance: auto takes the name of a StatefulSet pod, none makes a new member of each start, and any other text is the id itself.',
} as const;
