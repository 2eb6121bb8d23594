import type { CatalogueModel, OrganizationErasure, ProviderKey } from '@agentflow/contracts';
import { createEnvVarRequest } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { memberLosses, organizationLosses } from '../../../web/src/features/erasure/losses.ts';
import { readHosts } from '../../../web/src/features/secrets/allowed-hosts.ts';
import { providerState } from '../../../web/src/features/secrets/provider-state.ts';
import { keyState, OVERLAPS } from '../../../web/src/features/settings/key-state.ts';

describe('readHosts', () => {
  it('takes hosts as people write lists, each once', () => {
    expect(readHosts(' api.example.com,\n*.Example.com  api.example.com;\n\n')).toEqual([
      'api.example.com',
      '*.example.com',
    ]);
    expect(readHosts(' \n ')).toEqual([]);
  });

  it('leaves it to the contract to refuse what is no host', () => {
    const allowed_hosts = readHosts('api.example.com https://example.com/path');
    const { error } = createEnvVarRequest.safeParse({ name: 'TOKEN', value: 'x', allowed_hosts });
    expect(error?.issues.map((issue) => issue.path)).toEqual([['allowed_hosts', 1]]);
  });
});

describe('providerState', () => {
  const model = (provider: string, available: boolean) => ({ provider, available }) as CatalogueModel;
  const key: ProviderKey = {
    provider: 'openai',
    hint: 'abcd',
    base_url: null,
    updated_at: '2026-01-01T00:00:00.000Z',
    updated_by: 'usr_1',
  };

  it('is the own key first, then what the catalogue says of the installation', () => {
    const models = [model('openai', true), model('anthropic', true), model('google', false)];
    expect(providerState('openai', [key], models)).toEqual({ kind: 'own', key });
    expect(providerState('openai', [], models)).toEqual({ kind: 'installation' });
    expect(providerState('google', [key], models)).toEqual({ kind: 'none' });
  });

  it('claims nothing about a provider that the catalogue has no model of', () => {
    expect(providerState('ollama', [], [model('openai', true)])).toEqual({ kind: 'untold' });
  });
});

describe('keyState', () => {
  const now = Date.parse('2026-06-01T12:00:00.000Z');
  const at = (offset: number) => new Date(now + offset).toISOString();
  const key = { revoked_at: null, expires_at: null, replaced_by: null };

  it('tells a replaced key from one that is over', () => {
    expect(keyState(key, now)).toBe('active');
    expect(keyState({ ...key, expires_at: at(1) }, now)).toBe('active');
    expect(keyState({ ...key, expires_at: at(1), replaced_by: 'key_2' }, now)).toBe('replaced');
    expect(keyState({ ...key, expires_at: at(0), replaced_by: 'key_2' }, now)).toBe('expired');
    expect(keyState({ ...key, expires_at: at(0) }, now)).toBe('expired');
    expect(keyState({ revoked_at: at(-1), expires_at: at(-1), replaced_by: 'key_2' }, now)).toBe('revoked');
  });

  it('offers overlaps from none to the longest that the API takes', () => {
    expect(OVERLAPS.map(({ seconds }) => seconds)).toEqual([0, 3600, 86_400, 604_800, 2_592_000]);
  });
});

describe('organizationLosses', () => {
  const nothing: OrganizationErasure = {
    confirm: 'example',
    members: 1,
    only_here: 1,
    agents: 0,
    versions: 0,
    executions: 0,
    running_executions: 0,
    api_keys: 0,
    secrets: 0,
    teams: 0,
    invitations: 0,
    audit_entries: 1,
  };

  it('names what there is, with its count', () => {
    expect(organizationLosses(nothing)).toEqual(['1 audit entry']);
    expect(
      organizationLosses({ ...nothing, agents: 1, versions: 3, executions: 1200, running_executions: 2, api_keys: 1 }),
    ).toEqual([
      '1 agent with 3 versions',
      '1,200 executions, 2 of them running: they are cancelled',
      '1 API key, refused at once',
      '1 audit entry',
    ]);
  });

  it('tells the members what is left to them', () => {
    expect(memberLosses(nothing)).toContain('belong to no organization');
    expect(memberLosses({ ...nothing, only_here: 0 })).toContain('your other organizations');
    expect(memberLosses({ ...nothing, members: 5, only_here: 2 })).toContain('2 of them belong to no other');
    expect(memberLosses({ ...nothing, members: 5, only_here: 0 })).not.toContain('no other');
  });
});
