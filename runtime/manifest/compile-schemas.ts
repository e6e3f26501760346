/**
 * `schemas` of one file: from checked keys, with defaults, to typed values. The JSON Schemas are read and compiled here,
 * so that a mistake in one is told before anything runs.
 */

import type { EventSchema, SchemaSettings, TypeSource } from '../core/event-types.ts';
import { compileJsonSchema } from '../schemas/json-schema.ts';
import { readText } from './files.ts';
import { stepsOf } from './key-source.ts';
import { type Path, type Problem, problem } from './problem.ts';
import { type FilePlace, findProjectFile, moduleFile, schemaFile } from './project-file.ts';
import type { ManifestFile } from './read-manifest.ts';
import type { SchemasValue } from './schema/schema.ts';
import { describe, subtree } from './tree.ts';

const schemaBytesMax = 1024 * 1024; // one with more is generated, or a mistake

type Report = (key: Path, what: string, want?: string) => void;

/** @param value matches the schema, every default filled in */
export function compileSchemas(
  value: SchemasValue,
  { tree, sources, projectFolder }: ManifestFile,
): { settings: SchemaSettings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (key, what, want) => {
    const path = ['schemas', ...key];
    const written = subtree(tree, path);
    const found = { got: describe(written, path), ...(want !== undefined && { want }) };
    problems.push(problem(written?.at ?? tree.at, path, what, found));
  };
  const place = { folder: sources.folder, projectFolder, files: sources.files };
  const settings: SchemaSettings = {
    format: 'json',
    typeFrom: compileTypeSource(value.typeFrom),
    events: Object.entries(value.events).flatMap(([type, path]) => compileEvent(type, path, place, report) ?? []),
    upcast: value.upcast === null ? null : compileUpcast(value.upcast, place, report),
    unhandledType: value.unhandledType,
    unknownType: value.unknownType,
    missingType: value.missingType,
    invalid: value.invalid,
  };
  return { settings, problems };
}

/** @param text matches the pattern of `schemas.typeFrom` */
function compileTypeSource(text: string): TypeSource {
  if (text === 'topic') return { kind: 'topic' };
  if (text.startsWith('header:')) return { kind: 'header', name: text.slice('header:'.length) };
  return { kind: 'path', path: stepsOf(text) };
}

function compileEvent(type: string, path: string, place: FilePlace, report: Report): EventSchema | null {
  const key = ['events', type];
  const want = 'the path of a JSON Schema file inside the project';
  const found = findProjectFile(path, place, schemaFile);
  if ('fault' in found) {
    report(key, found.fault, want);
    return null;
  }
  const read = readText(place.files, found.file, schemaBytesMax);
  if ('fault' in read) {
    report(key, read.fault, want);
    return null;
  }
  try {
    const schema: unknown = JSON.parse(read.text);
    if (typeof schema !== 'boolean' && (typeof schema !== 'object' || schema === null || Array.isArray(schema))) {
      report(key, 'a JSON Schema is an object, or true or false');
      return null;
    }
    compileJsonSchema(schema);
    return { type, file: found.file, schema };
  } catch (error) {
    report(key, `not a JSON Schema: ${(error as Error).message}`);
    return null;
  }
}

function compileUpcast(path: string, place: FilePlace, report: Report): string | null {
  const found = findProjectFile(path, place, moduleFile);
  if ('file' in found) return found.file;
  report(['upcast'], found.fault, 'the path of a module inside the project');
  return null;
}
