import { listenHost, listenPort } from './listen.ts';

/** Defaults and limits of `observability.http`. */
export const httpOptions = {
  host: {
    ...listenHost,
    description: 'Address that /health, /ready and /metrics listen on.',
  },
  port: {
    ...listenPort,
    default: 8000,
    description: 'Port of /health, /ready and /metrics; 0 means any free one.',
  },
} as const;

/** Defaults and limits of `observability.health`. */
export const healthOptions = {
  stalledFor: {
    type: 'string',
    duration: { min: '1s', max: '24h' },
    default: '2m',
    description: 'A fetch, commit, membership, thread or dead letter stuck for longer: /health is 503, then the end.',
  },
} as const;

/** Defaults of `observability.logs`. */
export const logsOptions = {
  level: {
    type: 'string',
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    description: 'The least important lines that are written.',
  },
  format: {
    type: 'string',
    enum: ['auto', 'json', 'pretty'],
    default: 'auto',
    description: 'One JSON object per line, or lines for people; auto: for people on a terminal, JSON elsewhere.',
  },
} as const;

export const logsLater = ['redact'] as const;

export const observabilityLater = ['metrics', 'tracing', 'alerts'] as const;
