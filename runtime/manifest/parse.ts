/**
 * YAML 1.2 (core schema) to a `Tree`: the grammar, and what is wrong with it. What a key means is not known here.
 *
 * YAML 1.1 words stay texts (`no`, `on`, `12:30`), and `012` is twelve.
 */

import { LineCounter, parseAllDocuments } from 'yaml';
import { type Position, type Problem, problem } from './problem.ts';
import { syntaxErrors } from './syntax-errors.ts';
import type { Tree } from './tree.ts';
import { depthProblem, Walk } from './walk.ts';

/** A broken file breaks in many places at once; more than this many are not helpful. */
const syntaxProblemsMax = 20;

/** @returns the tree, null for an empty document, and what is wrong; with problems the tree may have holes */
export function parseManifest(text: string, file: string): { tree: Tree | null; problems: readonly Problem[] } {
  const lines = new LineCounter();
  const place = (offset: number): Position => ({ file, ...lines.linePos(offset) });
  const documents = withoutStacks(() =>
    parseAllDocuments(text, {
      version: '1.2',
      lineCounter: lines,
      prettyErrors: false, // it would quote the source
      logLevel: 'silent',
      uniqueKeys: false, // the walk names both places
      stringKeys: true,
    }),
  );
  if (!Array.isArray(documents) || documents[0] === undefined) return { tree: null, problems: [] };

  const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  const tooDeep = faults.find((fault) => fault.code === 'RESOURCE_EXHAUSTION');
  // Its place is where the stack ended, which depends on the machine.
  if (tooDeep !== undefined) return { tree: null, problems: [depthProblem({ file, line: 1, col: 1 }, [])] };
  const found = firstOfEachLine(faults.map((fault) => ({ fault, at: place(fault.pos[0]) })));
  const sourceLines = found.length > 0 ? text.split('\n') : [];
  const problems = found.map(({ fault, at }) => {
    return problem(at, [], syntaxErrors[fault.code] + adviceFor(sourceLines[at.line - 1] ?? ''));
  });

  const [document, second] = documents;
  if (second !== undefined) problems.push(problem(place(second.range[0]), [], syntaxErrors.MULTIPLE_DOCS));
  const yaml = document.directives.yaml;
  if (yaml.explicit && yaml.version !== '1.2') {
    problems.push(problem(place(0), [], 'another version of YAML', { got: yaml.version, want: '1.2' }));
  }
  if (problems.length > 0) return { tree: null, problems };
  if (document.contents === null) return { tree: null, problems: [] };

  const walk = new Walk(place);
  const tree = walk.convert(document.contents, [], 1).tree;
  return { tree, problems: walk.problems };
}

/** The library makes an error for every mistake; in a hostile file their stack traces take more time than all the rest. */
function withoutStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The one mistake that our own syntax invites: `{ port: ${PORT} }` ends at the first brace. */
function adviceFor(line: string): string {
  const opened = line.search(/[{[,]/);
  const bare = opened >= 0 && /[^"']\$\{/.test(line.slice(opened + 1));
  return bare ? '; between braces or brackets a ${…} needs quotes' : '';
}

/**
 * One mistake of grammar makes the library stumble several times; the first on a line is the one to look at. Hostile
 * files have hundreds of thousands of them, so what is left out costs no more than this.
 */
function firstOfEachLine<T extends { readonly at: Position }>(found: readonly T[]): readonly T[] {
  const byLine = new Map<number, T>();
  for (const one of found) {
    const earlier = byLine.get(one.at.line);
    if (earlier === undefined || one.at.col < earlier.at.col) byLine.set(one.at.line, one);
  }
  return [...byLine.values()].toSorted((a, b) => a.at.line - b.at.line).slice(0, syntaxProblemsMax);
}
