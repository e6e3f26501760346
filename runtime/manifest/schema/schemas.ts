/** Defaults and limits of `schemas`. It belongs to the file that it stands in, as `defaults` does. */

const path = { minLength: 1, maxLength: 4096 } as const;

const refusal = { type: 'string', enum: ['dlq', 'skip', 'fail'] } as const;

export const schemasOptions = {
  typeFrom: {
    type: 'string',
    pattern: '^(header:.{1,255}|\\$(\\.[A-Za-z_][A-Za-z0-9_-]*|\\[[0-9]+\\])+|topic)$',
    want: 'header:<name>, a path such as $.type, or topic',
    default: 'header:event_type',
    description: 'Where the type of an event comes from.',
  },
  events: {
    type: 'object',
    default: {},
    additionalProperties: {
      ...path,
      type: 'string',
      want: 'the path of a JSON Schema file, relative to the manifest',
      description: 'Path of the JSON Schema of the whole value.',
    },
    description: 'The event types that there are, each with its JSON Schema. Without any, every type is known.',
  },
  upcast: {
    ...path,
    type: ['string', 'null'],
    want: 'the path of a .ts, .js or .mjs file, relative to the manifest, or null',
    default: null,
    description: 'Module whose default export (type, data) => data brings older values into the newest shape.',
  },
  unhandledType: {
    ...refusal,
    default: 'skip',
    description: 'A known type without a handler: pass it over, write a dead letter, or hold its key.',
  },
  unknownType: {
    ...refusal,
    default: 'dlq',
    description: 'A type that is not among events: write a dead letter, pass it over, or hold its key.',
  },
  missingType: {
    ...refusal,
    default: 'dlq',
    description: "A record without a type; without events, one that no '*' handler takes.",
  },
  invalid: {
    ...refusal,
    default: 'dlq',
    description: 'A value that does not match its schema. It is never tried again.',
  },
} as const;

export const schemasLater = ['registry', 'format'] as const;
