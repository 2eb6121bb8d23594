import { parseYaml, writeYaml, YamlError } from '@agentflow/agent-files';
import {
  AGENT_FILE_FORMAT,
  type AgentDefinition,
  type AgentFile,
  agentFile,
  type JsonValue,
  LIMITS,
} from '@agentflow/contracts';
import { ApiError, invalid } from '../../platform/errors.ts';

export type AgentFileFormat = 'json' | 'yaml';

/** Media types that an agent file may come as. `application/yaml` is RFC 9512; the others are its forerunners. */
export const YAML_MEDIA_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'] as const;

export const MEDIA_TYPE_OF: Readonly<Record<AgentFileFormat, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
};

/** The text that export answers. Reading it back with `readAgentFile` gives the same agent file, in either format. */
export function writeAgentFile(
  agent: { readonly name: string; readonly description: string },
  definition: AgentDefinition,
  format: AgentFileFormat,
): string {
  const file: AgentFile = {
    format: AGENT_FILE_FORMAT,
    name: agent.name,
    description: agent.description,
    definition,
  };
  // A definition is JSON by its contract; its optional fields keep TypeScript from seeing that.
  return format === 'json' ? `${JSON.stringify(file, null, 2)}\n` : writeYaml(file as unknown as JsonValue);
}

/**
 * Reads an agent file. Throws `malformed_json` or `malformed_request` for text that does not parse, `validation_failed`
 * with each field for one that is not an agent file, `payload_too_large` for a definition over its size.
 */
export function readAgentFile(text: string, format: AgentFileFormat): AgentFile {
  const parsed = agentFile.safeParse(format === 'json' ? parseJson(text) : yamlIn(text));
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues
        .slice(0, 100)
        .map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })),
      'The file is not an agent file.',
    );
  }
  const bytes = new TextEncoder().encode(JSON.stringify(parsed.data.definition)).byteLength;
  if (bytes > LIMITS.definition_bytes) {
    throw new ApiError('payload_too_large', `The definition is larger than ${LIMITS.definition_bytes} bytes.`);
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError('malformed_json', error instanceof Error ? error.message : 'The body is not JSON.');
  }
}

function yamlIn(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const { kind, message, path, line, column } = error;
    const at = line === null ? '' : `line ${line}, column ${column}`;
    if (kind === 'syntax')
      throw new ApiError('malformed_request', at === '' ? message : `The body is not valid YAML at ${at}: ${message}`);
    throw invalid(
      [{ path, message: at === '' ? message : `${message} (${at})` }],
      'The YAML document holds what JSON cannot.',
    );
  }
}

/** `attachment` with a name that every file system takes (RFC 6266): `support-triage.v3.yaml`. */
export function contentDisposition(
  agent: { readonly id: string; readonly name: string },
  version: number | null,
  format: AgentFileFormat,
): string {
  const words = agent.name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mark}/gu, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const name = words.join('-').slice(0, 80) || agent.id;
  return `attachment; filename="${name}.${version === null ? 'draft' : `v${version}`}.${format}"`;
}
