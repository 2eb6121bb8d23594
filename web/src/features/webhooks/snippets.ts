import type { SignatureScheme } from '@agentflow/contracts';

interface Snippet {
  readonly id: string;
  readonly title: string;
  /** Its name in the guide, where its text is the same. */
  readonly file: string;
  readonly code: string;
}

const TYPESCRIPT = `import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

/** The event of a delivery. Throws when it is not ours, was changed, or is old. */
export function verify(secret: string, headers: Headers, body: string): { id: string; type: string; data: object } {
  const id = headers.get('webhook-id') ?? '';
  const timestamp = headers.get('webhook-timestamp') ?? '';
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= TOLERANCE_SECONDS)) throw new Error('The delivery is too old.');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(\`\${id}.\${timestamp}.\${body}\`).digest();
  // Several, parted by spaces, while a secret is rotated.
  const isOurs = (headers.get('webhook-signature') ?? '').split(' ').some((part) => {
    const [version, signature = ''] = part.split(',');
    const given = Buffer.from(signature, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isOurs) throw new Error('The signature does not match.');
  return JSON.parse(body);
}`;

const PYTHON = `import base64
import hashlib
import hmac
import json
import time

TOLERANCE_SECONDS = 300


def verify(secret: str, headers: dict[str, str], body: bytes) -> dict:
    """The event of a delivery. Raises ValueError when it is not ours, was changed, or is old. Header names in lower case."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("The delivery is too old.")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # Several, parted by spaces, while a secret is rotated.
    for part in headers.get("webhook-signature", "").split(" "):
        version, _, signature = part.partition(",")
        if version == "v1" and hmac.compare_digest(signature.encode(), expected):
            return json.loads(body)
    raise ValueError("The signature does not match.")`;

const TYPESCRIPT_ED25519 = `import { createPublicKey, verify as verifySignature } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

/** The event of a delivery. Throws when it is not ours, was changed, or is old. */
export function verify(publicKey: string, headers: Headers, body: string): { id: string; type: string; data: object } {
  const id = headers.get('webhook-id') ?? '';
  const timestamp = headers.get('webhook-timestamp') ?? '';
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= TOLERANCE_SECONDS)) throw new Error('The delivery is too old.');
  const x = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(\`\${id}.\${timestamp}.\${body}\`);
  const isOurs = (headers.get('webhook-signature') ?? '').split(' ').some((part) => {
    const [version, signature = ''] = part.split(',');
    return version === 'v1a' && verifySignature(null, signed, key, Buffer.from(signature, 'base64'));
  });
  if (!isOurs) throw new Error('The signature does not match.');
  return JSON.parse(body);
}`;

const PYTHON_ED25519 = `import base64
import json
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE_SECONDS = 300


def verify(public_key: str, headers: dict[str, str], body: bytes) -> dict:
    """The event of a delivery. Raises ValueError when it is not ours, was changed, or is old. Header names in lower case."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("The delivery is too old.")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    signed = f"{message_id}.{timestamp}.".encode() + body
    for part in headers.get("webhook-signature", "").split(" "):
        version, _, signature = part.partition(",")
        if version != "v1a":
            continue
        try:
            key.verify(base64.b64decode(signature), signed)
            return json.loads(body)
        except (InvalidSignature, ValueError):
            continue
    raise ValueError("The signature does not match.")`;

/** Code that checks what arrives, for each way of signing. */
export const VERIFICATION_SNIPPETS: Readonly<Record<SignatureScheme, readonly Snippet[]>> = {
  v1: [
    { id: 'typescript', title: 'TypeScript', file: 'verify.ts', code: TYPESCRIPT },
    { id: 'python', title: 'Python', file: 'verify.py', code: PYTHON },
  ],
  v1a: [
    { id: 'typescript', title: 'TypeScript', file: 'verify-ed25519.ts', code: TYPESCRIPT_ED25519 },
    { id: 'python', title: 'Python', file: 'verify_ed25519.py', code: PYTHON_ED25519 },
  ],
};
