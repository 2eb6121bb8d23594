import { describe, expect, it } from 'vitest';
import { questionKey, questionOfKey } from '../../../workers/doors/mcp/agent-server.ts';
import { answerOf, elicitationOf } from '../../../workers/doors/mcp/elicitation.ts';
import { signSession, stateCodec, verifySession } from '../../../workers/doors/mcp/sessions.ts';
import { agentTools, toolPage } from '../../../workers/doors/mcp/tools.ts';
import type { Question } from '../../../workers/doors/shared/caller.ts';
import type { JsonObject } from '../../../workers/doors/shared/json.ts';

const KEYS = 'test1:dGVzdC1vbmx5LXNpZ25pbmcta2V5LTAxMjM0NTY3ODk=';

function agent(number: number, name: string, input_schema: JsonObject | null = null) {
  return { id: `agt_${String(number).padStart(26, '0')}`, name, description: '', input_schema };
}

describe('tools', () => {
  it('are called like their agents, each by a name of its own that does not depend on younger agents', () => {
    const agents = [
      agent(3, 'Ask me!'),
      agent(1, 'Ask, me'),
      agent(2, '¿?'),
      agent(4, 'x'.repeat(100)),
      agent(5, 'x'.repeat(90)),
    ];
    expect(agentTools(agents).map(({ name }) => name)).toEqual([
      'ask_me',
      'agent',
      'ask_me_000003',
      'x'.repeat(64),
      `${'x'.repeat(57)}_000005`,
    ]);
  });

  it('take an object, whatever the agent takes', () => {
    const [free, text] = agentTools([agent(1, 'Free'), agent(2, 'Text', { type: 'string' })]);
    expect(free?.tool.inputSchema).toEqual({ type: 'object' });
    expect(free?.inputOf({ n: 1 })).toEqual({ n: 1 });
    expect(text?.tool.inputSchema).toMatchObject({ properties: { input: { type: 'string' } }, required: ['input'] });
    expect(text?.inputOf({ input: 'Hi' })).toBe('Hi');
  });

  it('come in pages', () => {
    const tools = agentTools(Array.from({ length: 120 }, (_, index) => agent(index, `Agent ${index}`)));
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = toolPage(tools, cursor);
      names.push(...(page?.tools.map(({ name }) => name) ?? []));
      cursor = page?.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(tools.map(({ name }) => name));
    expect(toolPage(tools, 'nobody')).toBeNull();
    expect(toolPage([], undefined)).toEqual({ tools: [] });
  });
});

function question(fields: Partial<Question>): Question {
  return {
    id: 'apr_00000000000000000000000001',
    execution_id: 'exe_00000000000000000000000001',
    agent_name: 'Refunds',
    kind: 'approval',
    title: 'Refund?',
    message: 'Refund 40?',
    payload: { amount: 40 },
    form_schema: null,
    action_hash: 'a'.repeat(64),
    ...fields,
  } as Question;
}

const FLAT = {
  type: 'object',
  properties: { reason: { type: 'string', enum: ['late', 'broken'] }, amount: { type: 'integer', minimum: 1 } },
  required: ['reason'],
} as JsonObject;
const NESTED = { type: 'object', properties: { lines: { type: 'array', items: { type: 'string' } } } } as JsonObject;

describe('a question to the person at the client', () => {
  it('shows an approval with its payload and takes a decision', () => {
    const asked = question({});
    const { message, requestedSchema } = elicitationOf(asked);
    expect(message).toContain('Refund 40?');
    expect(message).toContain('"amount": 40');
    expect(requestedSchema).toMatchObject({ required: ['decision'] });
    const answer = (content: object) => answerOf(asked, { action: 'accept', content });
    const { action_hash } = asked;
    expect(answer({ decision: 'approve', comment: 'ok' })).toEqual({
      kind: 'answer',
      answer: { decision: 'approve', comment: 'ok', form: null, action_hash },
    });
    expect(answer({ decision: 'deny' })).toMatchObject({ answer: { decision: 'deny' } });
    expect(answer({ decision: 'perhaps' })).toEqual({ kind: 'unreadable' });
    expect(answerOf(asked, { action: 'decline' })).toMatchObject({ answer: { decision: 'deny' } });
    expect(answerOf(asked, { action: 'cancel' })).toEqual({ kind: 'none' });
    expect(answerOf(asked, 'yes')).toEqual({ kind: 'unreadable' });
  });

  it('shows a form that a client can draw as its fields', () => {
    const asked = question({ kind: 'form', form_schema: FLAT, payload: null });
    expect(elicitationOf(asked).requestedSchema).toEqual(FLAT);
    expect(answerOf(asked, { action: 'accept', content: { reason: 'late' } })).toMatchObject({
      answer: { decision: 'approve', form: { reason: 'late' } },
    });
    // A form can only be sent.
    expect(answerOf(asked, { action: 'decline' })).toEqual({ kind: 'none' });
  });

  it('asks for JSON where a client can draw no such form', () => {
    const asked = question({ kind: 'form', form_schema: NESTED, payload: null });
    const { message, requestedSchema } = elicitationOf(asked);
    expect(message).toContain(JSON.stringify(NESTED));
    expect(requestedSchema).toMatchObject({ properties: { answers: { type: 'string' } }, required: ['answers'] });
    const answer = (answers: string) => answerOf(asked, { action: 'accept', content: { answers } });
    expect(answer('{"lines": ["a"]}')).toMatchObject({ answer: { form: { lines: ['a'] } } });
    expect(answer('lines: a')).toEqual({ kind: 'unreadable' });
  });

  it('puts the fields of an approval beside its decision, and sends none with a denial', () => {
    const asked = question({ form_schema: FLAT });
    expect(elicitationOf(asked).requestedSchema).toMatchObject({ required: ['decision'] });
    const content = { decision: 'approve', reason: 'late', amount: 3 };
    expect(answerOf(asked, { action: 'accept', content })).toMatchObject({
      answer: { form: { reason: 'late', amount: 3 } },
    });
    expect(answerOf(asked, { action: 'accept', content: { ...content, decision: 'deny' } })).toMatchObject({
      answer: { decision: 'deny', form: null },
    });
  });

  it('is found again by the id of the request that asked it', () => {
    const asked = question({});
    expect(questionOfKey(questionKey(asked))).toEqual({
      executionId: asked.execution_id,
      approvalId: asked.id,
      actionHash: asked.action_hash,
    });
    for (const other of [7, 'exe_1/apr_1/ab', undefined]) expect(questionOfKey(other)).toBeNull();
  });
});

describe('what clients carry for us', () => {
  const now = Date.now();

  it('is a session of one caller, for a week', async () => {
    const session = { nonce: 'n1', caller: 'ext_1', elicitation: { form: { applyDefaults: true } } };
    const token = await signSession(KEYS, session, now);
    expect(token).toMatch(/^[\x21-\x7e]+$/);
    expect(await verifySession(KEYS, token, 'ext_1', now)).toEqual({ ...session, elicitation: { form: {} } });
    expect(await verifySession(KEYS, token, 'ext_2', now)).toBeNull();
    expect(await verifySession(KEYS, `${token.slice(0, -2)}xx`, 'ext_1', now)).toBeNull();
    expect(await verifySession(KEYS, token, 'ext_1', now + 8 * 86_400_000)).toBeNull();
  });

  it('is where a call stands, which nobody else can use and nobody can change', async () => {
    const place = { execution_id: 'exe_1', invocation_id: 'inv_1', seq: 7 };
    const state = await stateCodec(KEYS, 'ext_1').mint(place);
    expect(await stateCodec(KEYS, 'ext_1').verify(state)).toEqual(place);
    await expect(stateCodec(KEYS, 'ext_2').verify(state)).rejects.toThrow();
    await expect(stateCodec(KEYS, 'ext_1').verify(`${state}x`)).rejects.toThrow();
    const session = await signSession(KEYS, { nonce: 'n', caller: 'ext_1', elicitation: undefined }, now);
    await expect(stateCodec(KEYS, 'ext_1').verify(session)).rejects.toThrow();
  });
});
