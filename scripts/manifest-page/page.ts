/** `docs/manifest.md`, as text: every key of a manifest, as the schema has it. */
import { acceptedDurations, acceptedSizes } from '../../runtime/core/units.ts';
import { manifestSchema } from '../../runtime/manifest/schema/schema.ts';
import type { Option, Options } from '../../runtime/manifest/schema/section.ts';
import { accepted, cell, code } from './cells.ts';

const introduction = `# The manifest

<!-- Written by \`npm run docs:manifest\`, from the schema that manifests are checked against. -->

A manifest is YAML 1.2; [\`manifests/projections.yaml\`](../manifests/projections.yaml) is one to start from. Several can run in
one process (\`runtime start a.yaml b.yaml\`): it runs the groups of all of them, and what they say of the process as a whole
may not differ. A key that is not listed here is refused, with its place in the file and the name that was probably meant.

- \`\${NAME}\` in a value is replaced by an environment variable, \`\${NAME:-default}\` by the default where that is not set.
- Paths are relative to the manifest, and stay inside the project.
- A duration is ${acceptedDurations}. A size is ${acceptedSizes}.
- \`runtime validate <manifest...>\` prints every mistake at once; \`runtime schema > manifest.schema.json\` is for editors.`;

const inherited = {
  type: 'object',
  description: `${manifestSchema.properties.defaults.description} Takes what a group takes, but no topics and no handlers.`,
} as const;

export function manifestPage(): string {
  const all = Object.entries<Option>({ ...manifestSchema.properties, defaults: inherited });
  const values = all.filter(([, option]) => option.type !== 'object');
  const maps = all.filter(([, option]) => option.type === 'object');
  const parts = maps.flatMap(([name, option]) => sections(name, option, '##'));
  return `${[introduction, table(Object.fromEntries(values)), ...parts].join('\n\n')}\n`;
}

/** A map and the maps below it: each a heading and a table. */
function sections(path: string, option: Option, heading: '##' | '###'): readonly string[] {
  const { properties = {}, additionalProperties, description = '', later = [] } = option;
  const entries = Object.entries(properties);
  const values = entries.filter(([, one]) => below(one) === null || one.type !== 'object');
  return [
    `${heading} ${code(path)}\n\n${description}`,
    ...(values.length === 0 ? [] : [table(Object.fromEntries(values))]),
    ...(later.length === 0 ? [] : [`Planned, and refused until then: ${later.map(code).join(', ')}.`]),
    ...entries.flatMap(([name, one]) => {
      const map = below(one);
      return map === null ? [] : sections(`${path}.${name}${map === one ? '' : '[]'}`, map, '###');
    }),
    ...(additionalProperties && additionalProperties.properties !== undefined
      ? sections(`${path}.<name>`, additionalProperties, '###')
      : []),
  ];
}

/** The map that an option is, or that each of its elements may be. */
function below(option: Option): Option | null {
  if (option.items?.properties !== undefined) return option.items;
  const named = option.additionalProperties || undefined;
  return option.properties !== undefined || named?.properties !== undefined ? option : null;
}

function table(options: Options): string {
  const rows = Object.entries(options).map(([name, option]) => {
    const { default: value, description = '' } = option;
    const fallback = value === undefined ? '' : code(typeof value === 'string' ? value : JSON.stringify(value));
    return `| ${code(name)} | ${accepted(option)} | ${fallback} | ${cell(description)} |`;
  });
  return ['| key | takes | default | |', '|---|---|---|---|', ...rows].join('\n');
}
