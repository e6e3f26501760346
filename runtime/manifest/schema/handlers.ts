const modulePath = {
  minLength: 1,
  maxLength: 4096,
  want: 'the path of a .ts, .js or .mjs file, relative to the manifest',
} as const;

/** `groups.<name>.handlers`: one module, or a list. */
export const handlersOption = {
  type: ['string', 'array'],
  minLength: 1,
  maxLength: 4096,
  minItems: 1,
  want: 'the path of a handler module, or a list of them',
  description: 'Modules whose default export is made by defineHandlers; paths are relative to the manifest.',
  items: {
    ...modulePath,
    type: ['string', 'object'],
    want: 'a path, or a map with module and events',
    description: 'One module: its path, or a map that says also which events it may see.',
    additionalProperties: false,
    required: ['module'],
    properties: {
      module: { ...modulePath, type: 'string', description: 'Path of the module.' },
      events: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string', minLength: 1, want: 'an event type, or "*"' },
        description: 'Event types this module may see; "*" means all.',
      },
    },
    later: ['retry'],
  },
} as const;
