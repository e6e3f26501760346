/** A project folder as a user has one, gone when the test ends. */
import { onTestFinished } from 'vitest';
import { createProject, type Project } from '../../support/project.ts';

export type { Project };

/** Takes what `createProject` takes. */
export function makeProject(...[manifest, handlers]: Parameters<typeof createProject>): Project {
  const project = createProject(manifest, handlers);
  onTestFinished(() => project.close());
  return project;
}
