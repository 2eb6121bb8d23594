import { describe, expect, it } from 'vitest';
import { VersionCache } from '../../../workers/domains/agents/version-cache.ts';

const definition = (prompt: string) =>
  JSON.stringify({ nodes: [{ id: 'a', type: 'ai.chat', config: { prompt } }], edges: [] });

describe('version cache', () => {
  it('gives back what it was given, to the same organization only, frozen', () => {
    const cache = new VersionCache({ maxEntries: 10, maxBytes: 10_000 });
    const put = cache.put('org_a', 'agt_1', 1, definition('hello'));
    expect(cache.get('org_a', 'agt_1', 1)).toBe(put);
    expect(cache.get('org_b', 'agt_1', 1)).toBeUndefined();
    expect(cache.get('org_a', 'agt_1', 2)).toBeUndefined();
    expect(() => put.nodes.push({ id: 'b', type: 'x', config: {} })).toThrow(TypeError);
    const config = put.nodes[0]?.config;
    expect(() => Object.assign(config ?? {}, { prompt: 'changed' })).toThrow(TypeError);
  });

  it('drops the least recently used beyond its count', () => {
    const cache = new VersionCache({ maxEntries: 2, maxBytes: 10_000 });
    cache.put('o', 'a', 1, definition('1'));
    cache.put('o', 'a', 2, definition('2'));
    cache.get('o', 'a', 1);
    cache.put('o', 'a', 3, definition('3'));
    expect(cache.get('o', 'a', 1)).toBeDefined();
    expect(cache.get('o', 'a', 2)).toBeUndefined();
    expect(cache.size.entries).toBe(2);
  });

  it('stays under its bytes, whatever is put into it and however often', () => {
    const cache = new VersionCache({ maxEntries: 1000, maxBytes: 1000 });
    for (let round = 0; round < 3; round++) {
      for (let version = 1; version <= 30; version++)
        cache.put('o', 'a', version, definition('x'.repeat(version * 10)));
      expect(cache.size.bytes).toBeLessThanOrEqual(1000);
      expect(cache.size.entries).toBeGreaterThan(0);
    }
    const tooLarge = cache.put('o', 'b', 1, definition('x'.repeat(5000)));
    expect(tooLarge.nodes).toHaveLength(1);
    expect(cache.get('o', 'b', 1)).toBeUndefined();
  });
});
