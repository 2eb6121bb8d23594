import { POLICY_ATTRIBUTES, type PolicyAttribute, type PolicyCondition, policyLeaves } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { groupOf, membersOf, newLeaf, withOperator } from '../../../web/src/features/policies/condition-tree.ts';
import {
  daysInWords,
  leafInWords,
  resourcesInWords,
  subjectsInWords,
} from '../../../web/src/features/policies/policy-words.ts';

describe('a policy in words', () => {
  it.each<[condition: PolicyCondition, words: string]>([
    [
      {
        attribute: 'time',
        operator: 'not_within',
        value: {
          timezone: 'Europe/Berlin',
          windows: [{ days: ['mon', 'tue', 'wed', 'fri'], from: '09:00', to: '18:00' }],
        },
      },
      'Time is not within Mon–Wed, Fri 09:00–18:00 (Europe/Berlin)',
    ],
    [{ attribute: 'ip', operator: 'in', value: ['10.0.0.0/8', '::1'] }, 'IP address is in 10.0.0.0/8, ::1'],
    [{ attribute: 'input', path: 'a.b', operator: 'in', value: ['x', 5, null] }, 'Input a.b is one of "x", 5, null'],
    [{ attribute: 'input', path: 'a', operator: 'exists', value: false }, 'Input a is not there'],
    [{ attribute: 'project', operator: 'eq', value: 'prj_1' }, 'Project is Launch'],
    [{ attribute: 'platform', operator: 'ne', value: 'claude_code' }, 'Platform of the caller is not Claude Code'],
  ])('%j', (condition, words) => {
    const [{ leaf } = { leaf: undefined }] = policyLeaves(condition);
    expect(leaf && leafInWords(leaf, (id) => (id === 'prj_1' ? 'Launch' : id))).toBe(words);
  });

  it('names days, subjects and agents', () => {
    expect(daysInWords(['sun', 'mon'])).toBe('Mon, Sun');
    expect(daysInWords(['sat', 'sun', 'fri'])).toBe('Fri–Sun');
    expect(subjectsInWords([{ kind: 'api_key' }, { kind: '*' }])).toBe('Everybody');
    expect(
      subjectsInWords([
        { kind: 'user', roles: ['owner', 'admin'] },
        { kind: 'api_key', ids: ['key_1'] },
      ]),
    ).toBe('People (owner, admin); API keys (1 named)');
    expect(resourcesInWords({ agents: ['*'], tags: [] })).toBe('Every agent');
    expect(resourcesInWords({ agents: ['agt_1', 'agt_2'], tags: ['prod'] })).toBe('2 agents, tag prod');
  });
});

describe('conditions as they are edited', () => {
  it('keeps a value that another operator can take, and turns one into a list and back', () => {
    const leaf = { ...newLeaf('input'), path: 'country', value: 'DE' } as ReturnType<typeof newLeaf>;
    const listed = withOperator(leaf, 'in');
    expect(listed).toEqual({ attribute: 'input', path: 'country', operator: 'in', value: ['DE'] });
    expect(withOperator(listed, 'ne')).toEqual({ attribute: 'input', path: 'country', operator: 'ne', value: 'DE' });
    expect(withOperator(leaf, 'exists')).toMatchObject({ operator: 'exists', value: true });
    expect(withOperator(withOperator(leaf, 'exists'), 'eq')).toMatchObject({ operator: 'eq', value: '' });
  });

  it('has a beginning for every operator of every attribute', () => {
    for (const attribute of Object.keys(POLICY_ATTRIBUTES) as PolicyAttribute[]) {
      for (const operator of POLICY_ATTRIBUTES[attribute]) {
        expect(withOperator(newLeaf(attribute), operator), `${attribute} ${operator}`).toMatchObject({
          attribute,
          operator,
        });
      }
    }
  });

  it('puts several that must not be met under one "not"', () => {
    const [one, two] = [newLeaf('ip'), newLeaf('platform')];
    expect(groupOf('not', [one])).toEqual({ not: one });
    expect(groupOf('not', [one, two])).toEqual({ not: { any: [one, two] } });
    expect(membersOf({ not: one })).toEqual([one]);
  });
});
