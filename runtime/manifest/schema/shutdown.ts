/** Defaults and limits of `shutdown`. */
export const shutdownOptions = {
  timeout: {
    type: 'string',
    duration: { min: '100ms', max: '1h' },
    default: '30s',
    description: 'How long records that are running may take to finish after SIGTERM.',
  },
} as const;
