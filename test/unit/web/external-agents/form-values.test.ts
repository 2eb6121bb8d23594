import { createExternalAgentRequest, type ExternalAgent, updateExternalAgentRequest } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  changesOf,
  emptyForm,
  formOf,
  numberOrNothing,
  numberOrNull,
  readFields,
  requestOf,
} from '../../../../web/src/features/external-agents/form-values.ts';
import { limitsInWords } from '../../../../web/src/features/external-agents/limits-in-words.ts';

function submitted(changes: Partial<ReturnType<typeof emptyForm>> = {}) {
  return requestOf(createExternalAgentRequest.parse({ ...emptyForm(), name: 'Robot', ...changes }));
}

describe('the form of an external agent', () => {
  it('is empty but for what most need, and lacks only a name', () => {
    const problems = createExternalAgentRequest.safeParse(emptyForm()).error?.issues.map(({ path }) => path.join('.'));
    expect(problems).toEqual(['name']);
    expect(emptyForm().operations).toEqual(['invoke', 'read', 'cancel']);
  });

  it('sends no limits where none is set', () => {
    expect(submitted().rate_limits).toBeNull();
    expect(submitted({ rate_limits: { minute: 5, hour: null, day: null } }).rate_limits).toEqual({
      minute: 5,
      hour: null,
      day: null,
    });
  });

  it('sends the settings of its platform and of no other', () => {
    const config = { claude_scope: 'user', chatgpt_mode: 'connector' } as const;
    expect(submitted({ platform: 'claude_code', config }).config).toEqual({ claude_scope: 'user' });
    expect(submitted({ platform: 'chatgpt', config }).config).toEqual({ chatgpt_mode: 'connector' });
    expect(submitted({ platform: 'gemini', config }).config).toEqual({});
  });

  it('refuses what the contract refuses, at the field', () => {
    const refused = (changes: object) =>
      createExternalAgentRequest
        .safeParse({ ...emptyForm(), name: 'Robot', ...changes })
        .error?.issues.map(({ path }) => path.join('.'));
    expect(refused({ agents: [] })).toEqual(['agents']);
    expect(refused({ operations: [] })).toEqual(['operations']);
    expect(refused({ rate_limits: { minute: 100, hour: 50, day: null } })).toEqual(['rate_limits.minute']);
    expect(refused({ webhook_config: { platform: 'telegram', bot_token: 'abcdefgh' } })).toEqual([
      'webhook_config.chat_id',
    ]);
    expect(refused({ recording: { payloads: true, redact: ['a b'] } })).toEqual(['recording.redact.0']);
  });

  it('holds one that is there so that nothing changes when it is saved as it is', () => {
    const agent = {
      ...submitted({ max_concurrency: 3, rate_limits: { minute: 60, hour: null, day: null, burst: 5 } }),
      id: 'ext_1',
      is_active: true,
    } as unknown as ExternalAgent;
    const changes = changesOf(createExternalAgentRequest.parse(formOf(agent)));
    expect(agent).toMatchObject(changes);
    expect(updateExternalAgentRequest.safeParse(changes).success).toBe(true);
  });
});

describe('what is typed', () => {
  it('is read as people write it', () => {
    expect(readFields(' customer.email, password\nphone;phone ')).toEqual(['customer.email', 'password', 'phone']);
    expect([numberOrNull(''), numberOrNull('0'), numberOrNull('12')]).toEqual([null, 0, 12]);
    expect([numberOrNothing(''), numberOrNothing(undefined), numberOrNothing('3')]).toEqual([undefined, undefined, 3]);
  });
});

describe('limitsInWords', () => {
  it('tells the limits that there are', () => {
    expect(limitsInWords(null)).toBe('No limit of its own');
    expect(limitsInWords({ minute: 60, hour: null, day: 5000, burst: 10 })).toBe(
      '60 a minute, 10 at once · 5,000 a day',
    );
  });
});
