/** `runtime …` as a process of its own that never outlives the test. What can be asked of it: `runtime-program.ts`. */
import type { ChildProcess } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { RuntimeProgram, spawnRuntime } from '../../support/runtime-program.ts';
import type { Project } from './project.ts';

export { spawnRuntime };

/** `runtime start`; killed when the test ends, however it ends. */
export function startRuntime(project: Project): RuntimeProcess {
  return new RuntimeProcess(spawnRuntime(['start', project.manifest], project.environment));
}

export class RuntimeProcess extends RuntimeProgram {
  constructor(child: ChildProcess) {
    super(child);
    onTestFinished(() => this.close());
  }
}
