import { env } from 'cloudflare:workers';
import type { AgentVersionDetail } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { updateAgent } from '../../../workers/domains/agents/agents.ts';
import { saveDraft } from '../../../workers/domains/agents/drafts.ts';
import { publishAgent, rollbackAgent } from '../../../workers/domains/agents/publish-agent.ts';
import { adding, auditOf, type Caller, newAgent, newOwner, publishedAgent } from './caller.ts';
import { contextOf } from './request-context.ts';

let owner: Caller;
beforeAll(async () => {
  owner = await newOwner();
});

/** The request of somebody who is overtaken: `meanwhile` happens after each read and before each of the first `times` writes. */
function overtaken(meanwhile: () => Promise<unknown>, times = 1) {
  let left = times;
  const database = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'batch') {
        return async (statements: D1PreparedStatement[]) => {
          if (left-- > 0) await meanwhile();
          return target.batch(statements);
        };
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return contextOf(owner, { DB: database });
}

const call = (method: string, path: string, body?: unknown) =>
  owner.call(method, path, body === undefined ? {} : { body });
const actionsOn = async (id: string) => (await auditOf(owner, id)).map((row) => row.action);
const versionOf = async (id: string, version: number) =>
  (await call('GET', `/agents/${id}/versions/${version}`)).json<AgentVersionDetail>();

describe('between the read and the write of a change', () => {
  it('another save of the draft makes a conditional one fail, without a trace', async () => {
    const { id } = await newAgent(owner);
    const ctx = overtaken(() => call('PUT', `/agents/${id}/draft`, adding(1)));
    await expect(saveDraft(ctx, id, adding(2), '"1"')).rejects.toMatchObject({ code: 'precondition_failed' });
    expect(await (await call('GET', `/agents/${id}/draft`)).json()).toEqual(adding(1));
    expect(await actionsOn(id)).toEqual(['agent.created', 'agent.draft_saved']);
  });

  it('another save of the draft does not stop one without a condition', async () => {
    const { id } = await newAgent(owner);
    const ctx = overtaken(() => call('PUT', `/agents/${id}/draft`, adding(1)));
    expect((await saveDraft(ctx, id, adding(2), undefined)).revision).toBe(3);
    expect(await (await call('GET', `/agents/${id}/draft`)).json()).toEqual(adding(2));
  });

  it('another change of the agent makes a conditional one fail, without a trace', async () => {
    const { id } = await newAgent(owner);
    const ctx = overtaken(() => call('PUT', `/agents/${id}`, { name: 'First' }));
    const late = updateAgent(ctx, id, { name: 'Second' }, '"1"');
    await expect(late).rejects.toMatchObject({ code: 'precondition_failed' });
    expect(await (await call('GET', `/agents/${id}`)).json()).toMatchObject({ name: 'First' });
    expect(await actionsOn(id)).toEqual(['agent.created', 'agent.updated']);
  });

  it('a broken draft is not published on the strength of the one before it', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    const ctx = overtaken(() => call('PUT', `/agents/${id}/draft`, { nodes: [], edges: [] }));
    await expect(publishAgent(ctx, id, {}, undefined)).rejects.toMatchObject({ code: 'definition_invalid' });
    expect(await (await call('GET', `/agents/${id}`)).json()).toMatchObject({ status: 'draft', latest_version: 0 });
    expect((await call('GET', `/agents/${id}/versions/1`)).status).toBe(404);
  });

  it('a sound draft is published as it is by then, unless another one was meant', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    const ctx = overtaken(() => call('PUT', `/agents/${id}/draft`, adding(2)));
    expect((await publishAgent(ctx, id, {}, undefined)).version).toBe(1);
    expect((await versionOf(id, 1)).definition).toEqual(adding(2));
    const strict = overtaken(() => call('PUT', `/agents/${id}/draft`, adding(3)));
    await expect(publishAgent(strict, id, {}, '"2"')).rejects.toMatchObject({ code: 'precondition_failed' });
    expect(await actionsOn(id)).toEqual(['agent.created', 'agent.draft_saved', 'agent.published', 'agent.draft_saved']);
  });

  it('another publish takes the number, and the next one is taken instead', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    const ctx = overtaken(() => call('POST', `/agents/${id}/publish`, { change_message: 'faster' }));
    expect((await publishAgent(ctx, id, { change_message: 'slower' }, undefined)).version).toBe(2);
    expect((await versionOf(id, 1)).change_message).toBe('faster');
    expect((await versionOf(id, 2)).change_message).toBe('slower');
  });

  it('archiving stops a rollback', async () => {
    const { id } = await publishedAgent(owner);
    await call('POST', `/agents/${id}/publish`);
    const ctx = overtaken(() => call('DELETE', `/agents/${id}`));
    await expect(rollbackAgent(ctx, id, 1)).rejects.toMatchObject({ code: 'agent_archived' });
    expect(await (await call('GET', `/agents/${id}`)).json()).toMatchObject({ status: 'archived', live_version: 2 });
  });

  it('endless other changes end in a conflict, not in an endless try', async () => {
    const { id } = await newAgent(owner);
    let count = 0;
    const ctx = overtaken(() => call('PUT', `/agents/${id}`, { name: `Name ${count++}` }), Number.POSITIVE_INFINITY);
    await expect(updateAgent(ctx, id, { name: 'Mine' }, undefined)).rejects.toMatchObject({ code: 'conflict' });
    expect(count).toBeGreaterThan(3);
    expect(await (await call('GET', `/agents/${id}`)).json()).toMatchObject({ name: `Name ${count - 1}` });
  });
});
