import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';

describe('operations', () => {
  it('is alive', async () => {
    const response = await exports.default.fetch('https://agentflow.test/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });
});
