import { ROLES } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { invitationWay } from '../../../web/src/features/invitations/invitation-way.ts';
import { rolePurpose, rolesUpTo } from '../../../web/src/features/settings/role-name.ts';
import { allPages } from '../../../web/src/lib/all-pages.ts';
import { formatPeople } from '../../../web/src/lib/format.ts';
import { matchesName } from '../../../web/src/lib/name-filter.ts';

describe('invitationWay', () => {
  const known = { email: 'ada@example.com', registered: true };
  const unknown = { email: 'ada@example.com', registered: false };

  it('asks nobody in particular for the password of the account, or for a new one', () => {
    expect(invitationWay(known, null)).toBe('password');
    expect(invitationWay(unknown, null)).toBe('account');
  });

  it('lets the invited person join, however the address is spelled', () => {
    expect(invitationWay(known, 'Ada@Example.com')).toBe('join');
  });

  it('tells another person so, whether the address has an account or not', () => {
    expect(invitationWay(known, 'eve@example.com')).toBe('other_person');
    expect(invitationWay(unknown, 'eve@example.com')).toBe('other_person');
  });
});

describe('rolesUpTo', () => {
  it("holds one's own role and those below, from the top", () => {
    expect(rolesUpTo('owner')).toEqual(ROLES);
    expect(rolesUpTo('editor')).toEqual(['editor', 'developer', 'viewer']);
    expect(rolesUpTo('viewer')).toEqual(['viewer']);
  });

  it('gives every role a sentence of its own', () => {
    expect(new Set(ROLES.map(rolePurpose)).size).toBe(ROLES.length);
  });
});

describe('allPages', () => {
  it('follows the cursors to the end, in order', async () => {
    const pages: Record<string, { data: number[]; next_cursor: string | null }> = {
      first: { data: [1, 2], next_cursor: 'b' },
      b: { data: [], next_cursor: 'c' },
      c: { data: [3], next_cursor: null },
    };
    const asked: (string | undefined)[] = [];
    const rows = await allPages(async (cursor) => {
      asked.push(cursor);
      return pages[cursor ?? 'first'] ?? { data: [], next_cursor: null };
    });
    expect(rows).toEqual([1, 2, 3]);
    expect(asked).toEqual([undefined, 'b', 'c']);
  });
});

describe('matchesName', () => {
  it('looks at the names alone, since ids are in common', () => {
    expect(matchesName('org_01k9', ' ACME ', ['Acme Research', 'acme-research'])).toBe(1);
    expect(matchesName('org_01k9', 'org', ['Acme Research'])).toBe(0);
    expect(matchesName('org_01k9', '', ['Acme Research'])).toBe(1);
  });
});

describe('formatPeople', () => {
  it('counts in words where a number reads badly', () => {
    expect([0, 1, 2, 1200].map(formatPeople)).toEqual(['nobody', '1 person', '2 people', '1,200 people']);
  });
});
