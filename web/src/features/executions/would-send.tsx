import type { JsonValue } from '@agentflow/contracts';
import { FlaskConical } from 'lucide-react';
import { JsonView } from '@/components/json-view.tsx';

type Fields = { readonly [key: string]: JsonValue };

function fieldsOf(value: JsonValue | undefined): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

const CREDENTIAL = /^(proxy-)?authorization$|cookie|token|secret|api-?key|password|signature/i;

/** A header as it may be shown: secrets are named, credentials that were typed in are not. */
function shownHeader(name: string, value: JsonValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (!CREDENTIAL.test(name) || text.includes('{{env.')) return text;
  return '•••••• hidden';
}

/** An HTTP request that a test did not send; null for other side effects. */
export function blockedRequest(output: JsonValue): Fields | null {
  const sent = fieldsOf(fieldsOf(output)?.would_send);
  return typeof sent?.url === 'string' ? sent : null;
}

export function NotPerformed() {
  return (
    <p className="flex items-start gap-2 rounded-lg bg-idle-soft px-3 py-2 text-sm text-soft">
      <FlaskConical className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      Not performed, because this was a test. This is what would have been sent.
    </p>
  );
}

/** A request that a test did not send. */
export function WouldSend({ request }: { request: Fields }) {
  const { method, url, body = null } = request;
  const headers = Object.entries(fieldsOf(request.headers) ?? {});
  return (
    <section aria-label="What would have been sent" className="flex flex-col gap-2">
      <NotPerformed />
      <p className="break-all font-mono text-text text-xs">
        {typeof method === 'string' && <span className="font-semibold">{method} </span>}
        {typeof url === 'string' && url}
      </p>
      {headers.length > 0 && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 font-mono text-xs">
          {headers.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-soft">{name}</dt>
              <dd className="break-all text-text">{shownHeader(name, value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {body !== null && <JsonView value={body} label="body that would have been sent" />}
    </section>
  );
}
