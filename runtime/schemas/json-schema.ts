/**
 * JSON Schema, as far as we need it: from a schema to a function that says what is wrong with a value. Written against
 * draft 2020-12 unless `$schema` names draft-07; `format` is checked.
 */
import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** @returns what is wrong, null when nothing is */
export type Check = (value: unknown) => string | null;

/** @returns each thing that is wrong with a value; only for values whose size is bounded, since so is the list */
export type FullCheck = (value: unknown) => readonly string[];

/** @throws Error that says what is wrong with the schema */
export function compileJsonSchema(schema: object | boolean): Check {
  const validate = compile(schema, false);
  return (value) => (validate(value) ? null : explain(validate.errors?.[0]));
}

/** As `compileJsonSchema`, but it does not end at the first mistake. */
export function compileFullCheck(schema: object | boolean): FullCheck {
  const validate = compile(schema, true);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(explain));
}

function compile(schema: object | boolean, allErrors: boolean): ValidateFunction {
  const AjvOfDraft = isDraft07(schema) ? Ajv : Ajv2020;
  // As the standard says: keywords that nobody knows are notes.
  const ajv = new AjvOfDraft({ strict: false, logger: false, allErrors });
  formats.default(ajv);
  return ajv.compile(schema as AnySchemaObject | boolean);
}

function isDraft07(schema: object | boolean): boolean {
  const draft = typeof schema === 'object' && '$schema' in schema ? schema.$schema : undefined;
  return typeof draft === 'string' && /draft-0[67]/.test(draft);
}

function explain(error: ErrorObject | undefined): string {
  if (error === undefined) return 'does not match';
  const { instancePath, message, params } = error;
  const place = instancePath === '' ? 'the value' : instancePath;
  const name = params.additionalProperty ?? params.unevaluatedProperty;
  return `${place} ${message}${typeof name === 'string' ? `: ${name}` : ''}`;
}

/** What is wrong with a value, where (a JSON pointer), and what is there instead. */
export interface SchemaFault {
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** As `compileJsonSchema`, for whoever made the value: what was found is shown, shortened. */
export function compileFaultFinder(schema: object | boolean): (value: unknown) => SchemaFault | null {
  const validate = compile(schema, false);
  return (value) => (validate(value) ? null : faultOf(validate.errors?.[0], value));
}

const shownMax = 80; // characters of a value in a message

function faultOf(error: ErrorObject | undefined, value: unknown): SchemaFault {
  const { instancePath = '', message = 'must match the schema', params } = error ?? {};
  const allowed: unknown =
    params?.allowedValues ?? (params && 'allowedValue' in params ? params.allowedValue : undefined);
  const extra: unknown = params?.additionalProperty ?? params?.unevaluatedProperty;
  const values = allowed === undefined ? '' : `: ${shortened(allowed)}`;
  const found = typeof extra === 'string' ? JSON.stringify(extra) : shortened(valueAt(value, instancePath));
  return { path: instancePath === '' ? '/' : instancePath, expected: `${message}${values}`, found };
}

function valueAt(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((found, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return (found as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  }, value);
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  const cut = text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
  return typeof value === 'object' && value !== null ? cut : `${typeof value} ${cut}`;
}
