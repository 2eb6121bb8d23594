import { envNamesOf } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

describe('names of secrets that a config can read', () => {
  it.each([
    ['{{env.API_KEY}}', ['API_KEY']],
    ['Bearer {{ env.A }} and {{env.B2}}', ['A', 'B2']],
    ['{{env.`KEY`}}', ['KEY']],
    ['{{$lookup(env, "KEY")}}', ['KEY']],
    ['{{$base64encode(env.USER & ":" & env.PASS)}}', ['USER', 'PASS']],
    ['{{$$.env.KEY}}', ['KEY']],
    ['{{$lookup(env, trigger.name)}}', []],
    ['{{trigger.KEY}}', []],
    ['{{trigger.KEY}} env.OTHER', []],
    ['env.KEY', []],
    ['{{env.__proto__}}', []],
    ['{{env.KEY', []],
  ])('%s', (text, names) => {
    expect(envNamesOf({ url: text }, [])).toEqual(names);
  });

  it('looks into lists and objects, and reads bare expressions without braces', () => {
    expect(envNamesOf({ body: { a: [{ b: '{{env.DEEP}}' }] }, expression: '{"k": env.BARE}' }, ['expression'])).toEqual(
      ['DEEP', 'BARE'],
    );
  });
});
