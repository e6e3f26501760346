/** `groups.<name>.offsets`: where the position of a partition is kept. */
export const offsetsOption = {
  type: 'string',
  pattern: '^(kafka|.+\\.(ts|js|mjs))$',
  maxLength: 4096,
  want: 'kafka, or the path of a .ts, .js or .mjs file, relative to the manifest',
  default: 'kafka',
  description:
    'Where a partition begins: at the offset committed to Kafka, or where a module with load() says, whose positions lie beside your data.',
} as const;
