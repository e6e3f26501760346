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
  const documents = parseAllDocuments(text, {
    version: '1.2',
    lineCounter: lines,
    prettyErrors: false, // it would quote the source
    logLevel: 'silent',
    uniqueKeys: false, // the walk names both places
    stringKeys: true,
  });
  if (!Array.isArray(documents) || documents[0] === undefined) return { tree: null, problems: [] };

  const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  const tooDeep = faults.find((fault) => fault.code === 'RESOURCE_EXHAUSTION');
  // Its place is where the stack ended, which depends on the machine.
  if (tooDeep !== undefined) return { tree: null, problems: [depthProblem({ file, line: 1, col: 1 }, [])] };
  const problems = faults.map((fault) => {
    const at = place(fault.pos[0]);
    return problem(at, [], syntaxErrors[fault.code] + adviceFor(text.split('\n', at.line)[at.line - 1] ?? ''));
  });

  const [document, second] = documents;
  if (second !== undefined) problems.push(problem(place(second.range[0]), [], syntaxErrors.MULTIPLE_DOCS));
  const yaml = document.directives.yaml;
  if (yaml.explicit && yaml.version !== '1.2') {
    problems.push(problem(place(0), [], 'another version of YAML', { got: yaml.version, want: '1.2' }));
  }
  if (problems.length > 0) return { tree: null, problems: firstOfEachLine(problems) };
  if (document.contents === null) return { tree: null, problems: [] };

  const walk = new Walk(place);
  const tree = walk.convert(document.contents, [], 1).tree;
  return { tree, problems: walk.problems };
}

/** The one mistake that our own syntax invites: `{ port: ${PORT} }` ends at the first brace. */
function adviceFor(line: string): string {
  return /[{[,].*[^"']\$\{/.test(line) ? '; between braces or brackets a ${…} needs quotes' : '';
}

/** One mistake of grammar makes the library stumble several times; the first on a line is the one to look at. */
function firstOfEachLine(problems: readonly Problem[]): readonly Problem[] {
  const byLine = new Map<number, Problem>();
  for (const one of problems.toSorted((a, b) => a.line - b.line || a.col - b.col)) {
    if (!byLine.has(one.line)) byLine.set(one.line, one);
  }
  return [...byLine.values()].slice(0, syntaxProblemsMax);
}
