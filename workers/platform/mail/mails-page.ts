import { html, raw } from 'hono/html';
import { createRouter } from '../router.ts';
import { type KeptMail, keptMails } from './local-mailer.ts';

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 14%, transparent); --dim: color-mix(in srgb, currentColor 62%, transparent); --accent: light-dark(#4f46e5, #a5b4fc); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 860px; padding: 32px 16px 96px; font: 14px/1.55 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 8px; }
article { border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 16px 0; }
h2 { font-size: 16px; margin: 0; overflow-wrap: anywhere; }
.dim { color: var(--dim); margin: 0 0 12px; overflow-wrap: anywhere; }
iframe { width: 100%; height: 260px; border: 1px solid var(--line); border-radius: 6px; background: #fff; color-scheme: light; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
summary { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

/** What a mail may do in its frame: open its links in another tab, and nothing else. */
const SANDBOX = 'allow-popups allow-popups-to-escape-sandbox';

function article({ at, to, subject, text, html: markup }: KeptMail) {
  const time = new Date(at).toISOString();
  return html`<article>
<h2>${subject}</h2>
<p class="dim">to ${to} · <time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time></p>
<iframe sandbox="${SANDBOX}" title="${subject}" srcdoc="${`<base target="_blank">${markup}`}"></iframe>
<details><summary>As text</summary><pre>${text}</pre></details>
</article>`;
}

function page(mails: readonly KeptMail[]) {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mails · AgentFlow</title><style>${raw(STYLE)}</style></head>
<body>
<h1>Mails</h1>
<p class="dim">What this installation would have sent, the newest first. It is in local mode, and no mail service is set up.</p>
${mails.length === 0 ? html`<p>Nothing was sent yet.</p>` : mails.map(article)}
</body>
</html>`;
}

export const mailsPageRoutes = createRouter();

/** In local mode alone: anywhere else the address is like any other that is not there. */
mailsPageRoutes.get('/dev/mails', async (c, next) => {
  if (c.env.ENVIRONMENT !== 'local') return next();
  return c.html(page(await keptMails(c.env)), 200, { 'cache-control': 'no-store' });
});
