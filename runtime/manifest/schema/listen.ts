/** Where an HTTP server of the process listens: what the sections that have one share. */
export const listenHost = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  want: 'the address of a network interface, or 0.0.0.0',
  default: '${RUNTIME_HTTP_HOST:-127.0.0.1}',
} as const;

export const listenPort = { type: 'integer', minimum: 0, maximum: 65_535 } as const;
