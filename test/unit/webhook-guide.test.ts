import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  newWebhookKeyPair,
  newWebhookSecret,
  signedHeaders,
  webhookSigner,
} from '../../workers/platform/webhook-signature.ts';

/** Answers what the sample says to each of the deliveries in its argument. */
const NODE_RUNNER = (file: string) => `
import { verify } from './${file}';
const verdictOf = ({ key, headers, body }) => {
  try {
    return verify(key, new Headers(headers), body).type;
  } catch (error) {
    return error.message;
  }
};
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(verdictOf)));`;

const PYTHON_RUNNER = (file: string) => `
import json, sys
from ${file.replace('.py', '')} import verify

def verdict_of(given):
    try:
        headers = {name.lower(): value for name, value in given["headers"].items()}
        return verify(given["key"], headers, given["body"].encode())["type"]
    except ValueError as error:
        return str(error)

print(json.dumps([verdict_of(given) for given in json.loads(sys.argv[1])]))`;

interface Given {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const has = (...command: [string, ...string[]]) => spawnSync(command[0], command.slice(1)).status === 0;
const SAMPLES = [
  { file: 'verify.ts', scheme: 'v1', runs: true },
  { file: 'verify-ed25519.ts', scheme: 'v1a', runs: true },
  { file: 'verify.py', scheme: 'v1', runs: has('python3', '--version') },
  { file: 'verify_ed25519.py', scheme: 'v1a', runs: has('python3', '-c', 'import cryptography') },
] as const;

const BODY = JSON.stringify({ id: 'evt_1', type: 'execution.completed', data: { text: 'Grüße 🙂' } });

describe('the samples of the webhook guide', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'webhook-guide-'));
    const guide = readFileSync('docs/guides/webhooks.md', 'utf8');
    for (const [, file = '', text = ''] of guide.matchAll(/```\w+ file=(\S+)\n([\s\S]*?)\n```/g)) {
      writeFileSync(join(folder, file), text);
      const isPython = file.endsWith('.py');
      writeFileSync(
        join(folder, isPython ? `run_${file}` : `run-${file}`),
        (isPython ? PYTHON_RUNNER : NODE_RUNNER)(file),
      );
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function verdicts(file: string, given: readonly Given[]): string[] {
    const argument = JSON.stringify(given);
    const command = file.endsWith('.py')
      ? (['python3', [`run_${file}`, argument]] as const)
      : ([process.execPath, ['--experimental-strip-types', '--no-warnings', `run-${file}`, argument]] as const);
    const { stdout, stderr } = spawnSync(command[0], command[1], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  it.each(SAMPLES.filter(({ runs }) => runs))('$file takes what we sign and nothing else', async ({ file, scheme }) => {
    const keys = async () => {
      if (scheme === 'v1a') return newWebhookKeyPair();
      const secret = newWebhookSecret();
      return { secret, public_key: secret };
    };
    const [mine, before, other] = [await keys(), await keys(), await keys()];
    const signed = async (secrets: readonly string[], age = 0) => {
      const timestamp = Math.floor(Date.now() / 1000) - age;
      return signedHeaders(await Promise.all(secrets.map(webhookSigner)), { id: 'evt_1', timestamp }, BODY);
    };
    const headers = await signed([mine.secret]);
    const ours = { key: mine.public_key, headers, body: BODY };
    const taken = 'execution.completed';
    const changed = 'The signature does not match.';
    const old = 'The delivery is too old.';
    const cases: [Given, string][] = [
      [ours, taken],
      [{ ...ours, key: before.public_key, headers: await signed([mine.secret, before.secret]) }, taken],
      [{ ...ours, body: BODY.replace('completed', 'failed') }, changed],
      [{ ...ours, key: other.public_key }, changed],
      [{ ...ours, headers: { ...headers, 'webhook-id': 'evt_2' } }, changed],
      [{ ...ours, headers: { ...headers, 'webhook-signature': '' } }, changed],
      [{ ...ours, headers: { ...headers, 'webhook-signature': `${scheme},AAAA` } }, changed],
      [{ ...ours, headers: await signed([mine.secret], 400) }, old],
      [{ ...ours, headers: { ...headers, 'webhook-timestamp': 'x' } }, old],
    ];
    expect(
      verdicts(
        file,
        cases.map(([given]) => given),
      ),
    ).toEqual(cases.map(([, verdict]) => verdict));
  });
});
