import { it, expect } from 'vitest';
it('plain', async () => {
  const e = await fetch('http://127.0.0.1:1/x', { method: 'POST', body: '{}' }).then(() => null, (x) => x);
  expect(e).not.toBeNull();
});
