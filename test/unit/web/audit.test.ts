import type { AuditEntry } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { ACTION_GROUPS, actorName, auditSentence } from '../../../web/src/features/audit/audit-sentence.ts';
import { resourceLink } from '../../../web/src/features/audit/resource-link.ts';
import { dayRange } from '../../../web/src/lib/day-range.ts';
import { shortResource } from '../../../web/src/lib/format.ts';

function entry(action: string, details: AuditEntry['details'] = {}, resource = { type: 'agent', id: 'agt_1' }) {
  return { action, details, resource };
}

describe('auditSentence', () => {
  it('reads after the name of who did it, with what the details tell', () => {
    expect(auditSentence(entry('agent.published', { version: 3, change_message: '' }))).toBe('published version 3');
    expect(auditSentence(entry('member.role_changed', { previous_role: 'viewer', role: 'admin' }))).toBe(
      'changed the role of a member from viewer to admin',
    );
    expect(auditSentence(entry('project.updated', { name_before: 'A', name: 'B' }))).toBe(
      'renamed the project from A to B',
    );
    expect(auditSentence(entry('project.context_deleted', { key: 'plan' }))).toBe(
      'deleted plan from the shared context of a project',
    );
    expect(auditSentence(entry('webhook.created', { host: 'example.com' }))).toBe('added a webhook at example.com');
    expect(auditSentence(entry('env_var.deleted', {}, { type: 'env_var', id: 'API_TOKEN' }))).toBe(
      'deleted the secret API_TOKEN',
    );
  });

  it('needs no details that an older entry may lack', () => {
    expect(auditSentence(entry('agent.published'))).toBe('published the agent');
    expect(auditSentence(entry('api_key.created'))).toBe('created the API key');
    expect(auditSentence(entry('organization.updated'))).toBe('renamed the organization');
  });

  it('tells an action that it does not know in its own words', () => {
    expect(auditSentence(entry('data_export.made_ready'))).toBe('made ready (data export)');
    expect(auditSentence(entry('restarted'))).toBe('restarted');
  });

  it('offers each group once', () => {
    expect(new Set(ACTION_GROUPS.map(({ value }) => value)).size).toBe(ACTION_GROUPS.length);
  });
});

describe('actorName', () => {
  it('says what is known of somebody who is gone', () => {
    expect(actorName({ actor: { type: 'user', id: 'usr_1', name: 'Ada' } })).toBe('Ada');
    expect(actorName({ actor: { type: 'user', id: 'usr_1', name: null } })).toBe('A former member');
    expect(actorName({ actor: { type: 'api_key', id: 'key_1', name: null } })).toBe('A former API key');
  });
});

describe('resourceLink', () => {
  it('leads to the page of what was changed, where there is one', () => {
    expect(resourceLink(entry('agent.paused'))).toMatchObject({ params: { agentId: 'agt_1' } });
    expect(resourceLink(entry('api_key.rotated', {}, { type: 'api_key', id: 'key_1' }))).toMatchObject({
      hash: 'key_1',
    });
    expect(resourceLink(entry('webhook.updated', {}, { type: 'webhook', id: 'whk_1' }))).toMatchObject({
      params: { webhookId: 'whk_1' },
    });
    expect(resourceLink(entry('webhook.deleted', {}, { type: 'webhook', id: 'whk_1' }))).toBeNull();
    expect(resourceLink(entry('session.revoked', {}, { type: 'session', id: 'ses_1' }))).toBeNull();
  });
});

describe('dayRange', () => {
  it('takes whole days of the reader, the last one to its end', () => {
    const { from, to } = dayRange('2026-03-01', '2026-03-02');
    expect(from).toBe(new Date(2026, 2, 1).toISOString());
    expect(new Date(to ?? 0).getTime()).toBe(new Date(2026, 2, 3).getTime() - 1);
  });

  it('leaves out what is no day', () => {
    expect(dayRange('2026-02-30', 'yesterday')).toEqual({});
    expect(dayRange(undefined, undefined)).toEqual({});
  });
});

describe('shortResource', () => {
  it('shortens ids and leaves names alone', () => {
    expect(shortResource('agt_01hzy8k2v3w4x5y6z7a8b9c0d1')).toBe('agt_…b9c0d1');
    expect(shortResource('STRIPE_SECRET_KEY_OF_THE_SHOP')).toBe('STRIPE_SECRET_KEY_OF_THE_SHOP');
  });
});
