import { decisionBarrier, type Role } from '@agentflow/contracts';
import { answered, type Decision } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { failure, step } from './step.ts';

const NOW = 1_800_000_000_000;
const ASK = {
  type: 'human.approval',
  config: { message: 'Send {{trigger.text}}?', payload: { text: '{{trigger.text}}' } },
};

describe('human.approval', () => {
  it('waits without end, with what was resolved', async () => {
    const { result } = await step({ ...ASK, scope: { trigger: { text: 'hello' } } });
    expect(result).toEqual({
      kind: 'waiting',
      input: { message: 'Send hello?', payload: { text: 'hello' }, self_approval: true, on_timeout: 'deny' },
      reason: 'approval',
      wake_at: null,
      due: null,
      ask: {
        kind: 'approval',
        message: 'Send hello?',
        payload: { text: 'hello' },
        approvers: { users: [], roles: [], teams: [] },
        self_approval: true,
        form_schema: null,
        // biome-ignore lint/suspicious/noThenProperty: never awaited
        then: 'complete',
      },
    });
  });

  it.each([
    ['approve', 'approved'],
    ['deny', 'denied'],
  ])('knows beforehand what %s by default gives', async (on_timeout, handle) => {
    const { result } = await step({ ...ASK, config: { message: 'x', payload: 1, timeout_seconds: 60, on_timeout } });
    expect(result).toMatchObject({
      wake_at: NOW + 60_000,
      due: {
        kind: 'complete',
        handle,
        output: {
          decision: on_timeout,
          decided_by: null,
          payload: 1,
          decided_at: new Date(NOW + 60_000).toISOString(),
        },
      },
      ask: { on_timeout },
    });
  });

  it('fails by default where that is chosen, and is not tried again for it', async () => {
    const { result } = await step({ ...ASK, config: { message: 'x', timeout_seconds: 60, on_timeout: 'fail' } });
    expect(result).toMatchObject({ due: { kind: 'fail', error: { code: 'approval_timeout', retryable: false } } });
  });

  it('shows no secret to whoever is asked', async () => {
    const env = { TOKEN: '\u0001marker\u0001' };
    const config = { message: 'Use {{env.TOKEN}}?', payload: { key: '{{env.TOKEN}}' } };
    const { result } = await step({ ...ASK, config, scope: { env } });
    expect(JSON.stringify(result)).not.toContain('marker');
    expect(result).toMatchObject({ ask: { message: 'Use {{env.TOKEN}}?', payload: { key: '{{env.TOKEN}}' } } });
  });

  it('refuses approvers that are none', async () => {
    const config = { message: 'x', approvers: { users: ['{{trigger.who}}'], roles: [], teams: [] } };
    const error = await failure({ ...ASK, config, scope: { trigger: { who: 'marta' } } });
    expect(error).toMatchObject({ code: 'config_invalid', message: expect.stringContaining('approvers.users.0') });
  });
});

describe('human.form', () => {
  it('refuses a schema that came out wrong', async () => {
    const error = await failure({ type: 'human.form', config: { message: 'x', schema: { type: 'objekt' } } });
    expect(error.code).toBe('schema_invalid');
  });

  it('goes on without answers where that is chosen', async () => {
    const config = { message: 'x', schema: { type: 'object' }, timeout_seconds: 60, on_timeout: 'continue' };
    const { result } = await step({ type: 'human.form', config });
    expect(result).toMatchObject({ due: { kind: 'complete', handle: 'out', output: { decision: null, form: null } } });
  });
});

describe('an answer', () => {
  const decision: Decision = {
    decision: 'deny',
    comment: 'no',
    form: null,
    payload: { a: 1 },
    decided_by: { type: 'user', id: 'usr_1', name: 'Somebody' },
    decided_at: NOW,
  };

  it('leaves by the exit that it chose, with the payload that was asked about', () => {
    expect(answered('approval', decision)).toMatchObject({
      handle: 'denied',
      output: { payload: { a: 1 }, comment: 'no' },
    });
    expect(answered('approval', { ...decision, decision: 'approve' }).handle).toBe('approved');
    expect(answered('form', { ...decision, decision: 'approve' }).handle).toBe('out');
  });
});

describe('who may decide', () => {
  const nobody = { users: [], roles: [], teams: [] };
  const marta = { type: 'user', id: 'usr_1', name: 'Marta' } as const;
  const other = { type: 'user', id: 'usr_2', name: 'Other' } as const;
  const decider = (overrides: object = {}) => ({
    actor: marta,
    role: 'viewer' as Role,
    teams: ['tem_1'],
    may_approve: false,
    ...overrides,
  });

  it.each([
    ['nobody is named, without the permission', nobody, {}, 'no_permission'],
    ['nobody is named, with the permission', nobody, { may_approve: true }, null],
    ['by name', { ...nobody, users: ['usr_1'] }, {}, null],
    ['by role', { ...nobody, roles: ['viewer'] }, {}, null],
    ['by team', { ...nobody, teams: ['tem_1'] }, {}, null],
    ['another is named, with the permission', { ...nobody, users: ['usr_2'] }, { may_approve: true }, 'not_named'],
    ['a higher role than the named one', { ...nobody, roles: ['editor'] }, { role: 'owner' }, 'not_named'],
    [
      'a key whose id is named',
      { ...nobody, users: ['key_1'] },
      { actor: { type: 'api_key', id: 'key_1', name: 'k' } },
      'not_named',
    ],
  ])('%s', (_name, approvers, overrides, barrier) => {
    const question = { approvers: approvers as never, self_approval: true };
    expect(decisionBarrier(question, other, decider(overrides))).toBe(barrier);
  });

  it('is not whoever started it where that is refused, even by name', () => {
    const question = { approvers: { ...nobody, users: ['usr_1'] }, self_approval: false };
    expect(decisionBarrier(question, marta, decider())).toBe('own_execution');
    expect(decisionBarrier(question, { ...marta, type: 'api_key' }, decider())).toBeNull();
    expect(decisionBarrier({ ...question, self_approval: true }, marta, decider())).toBeNull();
  });
});
