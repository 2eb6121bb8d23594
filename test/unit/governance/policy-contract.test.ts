import { policyRequest } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';

const base = {
  name: 'Office hours',
  effect: 'deny',
  subjects: [{ kind: '*' }],
  actions: ['*'],
  resources: { agents: ['*'] },
};
const window = { days: ['mon'], from: '09:00', to: '17:00' };
const time = (windows: unknown, timezone = 'Europe/Berlin') => ({
  attribute: 'time',
  operator: 'within',
  value: { timezone, windows },
});

function problems(fields: object): string[] {
  const { error } = policyRequest.safeParse({ ...base, ...fields });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}
const conditionProblems = (conditions: unknown) => problems({ conditions });

describe('a policy that is taken', () => {
  it('gets defaults that change nothing', () => {
    expect(policyRequest.parse(base)).toEqual({
      ...base,
      description: '',
      priority: 0,
      resources: { agents: ['*'], tags: [] },
      conditions: null,
      is_active: true,
      stop_running: false,
    });
  });

  it.each([
    ['a night that ends on the next day', time([{ days: ['sun'], from: '22:00', to: '06:00' }])],
    ['windows that meet without overlapping', time([window, { days: ['mon'], from: '17:00', to: '24:00' }])],
    ['a whole day', time([{ days: ['sat', 'sun'], from: '00:00', to: '24:00' }])],
    [
      'addresses of both families',
      { attribute: 'ip', operator: 'not_in', value: ['10.0.0.0/8', '2001:db8::/32', '::1'] },
    ],
    ['null of the input', { attribute: 'input', path: 'a.0.b', operator: 'eq', value: null }],
    ['groups in groups', { all: [{ any: [{ not: { all: [time([window])] } }] }] }],
  ])('has %s', (_name, conditions) => {
    expect(conditionProblems(conditions)).toEqual([]);
    expect(policyRequest.parse({ ...base, conditions }).conditions).toEqual(conditions);
  });
});

describe('a policy that is refused names the place', () => {
  const weather = { attribute: 'weather', operator: 'eq', value: 'rain' };

  it.each<[name: string, conditions: unknown, path: string, message: RegExp]>([
    ['an unknown attribute', weather, 'conditions.attribute', /must be one of time, ip, agent_tags/],
    ['one in a group', { all: [time([window]), { not: weather }] }, 'conditions.all.1.not.attribute', /must be one of/],
    ['a name of every object', { ...weather, attribute: 'constructor' }, 'conditions.attribute', /must be one of/],
    [
      'an unknown operator',
      { attribute: 'ip', operator: 'eq', value: ['10.0.0.1'] },
      'conditions.operator',
      /must be one of in, not_in for ip/,
    ],
    ['a timezone of nowhere', time([window], 'Mars/Olympus'), 'conditions.value.timezone', /IANA timezone/],
    ['an offset for a timezone', time([window], '+02:00'), 'conditions.value.timezone', /IANA timezone/],
    ['an empty window', time([{ ...window, to: '09:00' }]), 'conditions.value.windows.0.to', /empty window/],
    ['a window without days', time([{ ...window, days: [] }]), 'conditions.value.windows.0.days', /./],
    ['a day twice', time([{ ...window, days: ['mon', 'mon'] }]), 'conditions.value.windows.0.days', /twice/],
    ['no windows', time([]), 'conditions.value.windows', /./],
    [
      'overlapping windows',
      time([window, { ...window, from: '16:59', to: '18:00' }]),
      'conditions.value.windows.1',
      /overlaps window 1/,
    ],
    [
      'a night into the next window',
      time([{ days: ['sun'], from: '22:00', to: '09:01' }, window]),
      'conditions.value.windows.1',
      /overlaps window 1/,
    ],
    ['hours that are none', time([{ ...window, from: '9:00' }]), 'conditions.value.windows.0.from', /time like 09:30/],
    [
      'a network that is none',
      { attribute: 'ip', operator: 'in', value: ['10.0.0.0/33'] },
      'conditions.value.0',
      /CIDR/,
    ],
    [
      "another project's kind of id",
      { attribute: 'project', operator: 'eq', value: 'agt_1' },
      'conditions.value',
      /id like prj_/,
    ],
    ['a platform that is none', { attribute: 'platform', operator: 'eq', value: 'vax' }, 'conditions.value', /./],
    ['a negative cost', { attribute: 'cost_estimate_usd', operator: 'gt', value: -1 }, 'conditions.value', /./],
    ['an input without a path', { attribute: 'input', operator: 'eq', value: 1 }, 'conditions.path', /./],
    [
      'a path of empty names',
      { attribute: 'input', path: 'a..b', operator: 'eq', value: 1 },
      'conditions.path',
      /path like/,
    ],
    [
      'a path where none belongs',
      { ...weather, attribute: 'platform', value: 'gemini', path: 'a' },
      'conditions',
      /path/i,
    ],
    ['an empty group', { any: [] }, 'conditions.any', /at least one/],
    ['a group with a condition in it', { any: [time([window])], attribute: 'ip' }, 'conditions', /stands alone/],
    ['a list', [weather], 'conditions', /./],
  ])('%s', (_name, conditions, path, message) => {
    const found = conditionProblems(conditions);
    expect(found).toHaveLength(1);
    expect(found[0]?.split(': ')[0]).toBe(path);
    expect(found[0]).toMatch(message);
  });

  it('what is too deep, and what is too much', () => {
    const leaf = { attribute: 'platform', operator: 'exists', value: true };
    const deep = { all: [{ all: [{ all: [{ all: [{ all: [leaf] }] }] }] }] };
    expect(conditionProblems(deep)).toEqual([
      'conditions.all.0.all.0.all.0.all.0.all.0: is nested too deep: conditions go 5 levels down at most',
    ]);
    expect(conditionProblems({ all: Array.from({ length: 51 }, () => leaf) })).toEqual([
      'conditions.all: has more than 50 conditions',
    ]);
    const half = { all: Array.from({ length: 26 }, () => leaf) };
    expect(conditionProblems({ any: [half, half] })[0]).toMatch(/^conditions\.any\.1\.all\.24: is one too many/);
  });

  it.each<[name: string, fields: object, path: string]>([
    ['a subject of an unknown kind', { subjects: [{ kind: 'robot' }] }, 'subjects.0.kind'],
    ['roles of a key', { subjects: [{ kind: 'api_key', roles: ['owner'] }] }, 'subjects.0'],
    ['no subject', { subjects: [] }, 'subjects'],
    ['an unknown action', { actions: ['delete'] }, 'actions.0'],
    ['no agents', { resources: { agents: [], tags: [] } }, 'resources'],
    ['what is no agent', { resources: { agents: ["x' OR 1=1 --"] } }, 'resources.agents.0'],
    ['a tag in capitals', { resources: { tags: ['Prod'] } }, 'resources.tags.0'],
    ['a half priority', { priority: 0.5 }, 'priority'],
    ['an allow that stops', { effect: 'allow', stop_running: true }, 'stop_running'],
  ])('%s', (_name, fields, path) => {
    expect(problems(fields).map((each) => each.split(': ')[0])).toContain(path);
  });
});
