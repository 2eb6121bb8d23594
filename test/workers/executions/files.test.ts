import type { WorkspaceFile } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { call, write } from '../runtime/threads.ts';
import { run } from './looping.ts';

describe('files of an execution', () => {
  let owner: Member;
  let id: string;
  beforeAll(async () => {
    owner = await signUp();
    const turns = [
      { calls: [write('notes/a b.md', 'one'), write('c.md', 'kept')] },
      { calls: [write('notes/a b.md', 'two')] },
      { calls: [call('delete_file', { path: 'c.md' })] },
      { text: 'Done.' },
    ];
    const { execution } = await run(owner, turns, [], { deep: { files: { 'given.md': 'given' } } });
    id = execution.id;
  });
  const get = <T>(path: string, token = owner.token) => api<T>(`/executions/${id}/files${path}`, { token });

  it('are told with every version, and who wrote it', async () => {
    const { body } = await get<{ data: WorkspaceFile[] }>('');
    expect(
      body.data.map(({ path, version, size, deleted, step_id }) => [path, version, size, deleted, step_id]),
    ).toEqual([
      ['given.md', 1, 5, false, null],
      ['notes/a b.md', 1, 3, false, 'act#t1.0'],
      ['c.md', 1, 4, false, 'act#t1.1'],
      ['notes/a b.md', 2, 3, false, 'act#t2.0'],
      ['c.md', 2, 0, true, 'act#t3.0'],
    ]);
  });

  it('are read by path, the newest version or the one that is asked for', async () => {
    expect((await get('/notes/a%20b.md')).body).toMatchObject({ path: 'notes/a b.md', version: 2, content: 'two' });
    expect((await get('/notes%2Fa%20b.md?version=1')).body).toMatchObject({ version: 1, content: 'one' });
    expect((await get('/c.md')).body).toMatchObject({ version: 2, deleted: true, content: '' });
  });

  it('that are not there are not found, and a version that is none is refused', async () => {
    expectProblem(await get('/d.md'), 404, 'not_found');
    expectProblem(await get('/c.md?version=3'), 404, 'not_found');
    expectProblem(await get('/c.md?version=none'), 422, 'validation_failed');
    expectProblem(await get('', (await signUp()).token), 404, 'not_found');
  });
});
