import type { SignatureScheme } from '@agentflow/contracts';

interface Snippet {
  readonly id: string;
  readonly title: string;
  readonly code: string;
}

const TYPESCRIPT = (variable: string) => `import { Webhook } from 'standardwebhooks';

// npm install standardwebhooks
const webhook = new Webhook(process.env.${variable});

export async function POST(request: Request): Promise<Response> {
  const body = await request.text();
  let event;
  try {
    event = webhook.verify(body, Object.fromEntries(request.headers));
  } catch {
    return new Response('bad signature', { status: 401 });
  }
  // The same webhook-id may come twice: handle each once.
  const id = request.headers.get('webhook-id');
  console.log(id, event.type, event.data);
  return new Response(null, { status: 204 });
}`;

const PYTHON = (variable: string) => `import os
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

# pip install standardwebhooks
webhook = Webhook(os.environ["${variable}"])

def handle(body: bytes, headers: dict[str, str]) -> int:
    try:
        event = webhook.verify(body, headers)
    except WebhookVerificationError:
        return 401
    # The same webhook-id may come twice: handle each once.
    print(headers["webhook-id"], event["type"], event["data"])
    return 204`;

const TYPESCRIPT_KEY = `import { createPublicKey, verify } from 'node:crypto';

const key = createPublicKey({
  key: Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(process.env.WEBHOOK_PUBLIC_KEY!.slice('whpk_'.length), 'base64'),
  ]),
  format: 'der',
  type: 'spki',
});

export function isGenuine(body: string, headers: Headers): boolean {
  const id = headers.get('webhook-id');
  const timestamp = headers.get('webhook-timestamp');
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const signed = Buffer.from(\`\${id}.\${timestamp}.\${body}\`);
  return (headers.get('webhook-signature') ?? '').split(' ').some((each) => {
    const [scheme, signature = ''] = each.split(',');
    return scheme === 'v1a' && verify(null, signed, key, Buffer.from(signature, 'base64'));
  });
}`;

const PYTHON_KEY = `import base64, os, time
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# pip install cryptography
key = Ed25519PublicKey.from_public_bytes(
    base64.b64decode(os.environ["WEBHOOK_PUBLIC_KEY"].removeprefix("whpk_")))

def is_genuine(body: bytes, headers: dict[str, str]) -> bool:
    timestamp = headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f"{headers['webhook-id']}.{timestamp}.".encode() + body
    for each in headers["webhook-signature"].split():
        scheme, _, signature = each.partition(",")
        if scheme != "v1a":
            continue
        try:
            key.verify(base64.b64decode(signature), signed)
            return True
        except InvalidSignature:
            pass
    return False`;

/** Code that checks what arrives, for each way of signing. */
export function verificationSnippets(signature: SignatureScheme): readonly Snippet[] {
  if (signature === 'v1a') {
    return [
      { id: 'typescript', title: 'TypeScript', code: TYPESCRIPT_KEY },
      { id: 'python', title: 'Python', code: PYTHON_KEY },
    ];
  }
  return [
    { id: 'typescript', title: 'TypeScript', code: TYPESCRIPT('WEBHOOK_SECRET') },
    { id: 'python', title: 'Python', code: PYTHON('WEBHOOK_SECRET') },
  ];
}
