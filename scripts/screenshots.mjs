// Takes the pictures of docs/images from the real UI on a server of its own: `node scripts/screenshots.mjs`.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { apiClient, must } from './lib/api-client.mjs';
import { findBrowser } from './lib/browser.mjs';
import { buildUi } from './lib/build-ui.mjs';
import { beginProposal } from './lib/proposals-to-look-at.mjs';
import { startTestServer } from './lib/test-server.mjs';
import { ROOT } from './lib/toolchain.mjs';
import { readTickets } from './lib/triage.mjs';

const FOLDER = join(ROOT, 'docs', 'images');
const TICKETS = 14;
const [ticket] = readTickets(join(ROOT, 'examples', 'tickets.json'));
const account = { email: 'owner@example.com', password: randomBytes(12).toString('hex') };

/** @param {string} mockUrl */
function stockSync(mockUrl) {
  const ask = (/** @type {string} */ id, /** @type {string} */ name, /** @type {string} */ query) => ({
    id,
    type: 'action.http',
    name,
    config: { method: 'GET', url: `${mockUrl}/${id}?${query}` },
  });
  const edges = [
    ['start', 'north'],
    ['start', 'south'],
    ['start', 'prices'],
    ['north', 'stock'],
    ['south', 'stock'],
    ['prices', 'stock'],
    ['stock', 'plan'],
  ];
  return {
    nodes: [
      { id: 'start', type: 'trigger.manual', name: 'Every night', config: {} },
      ask('north', 'Ask the northern store', 'delay_ms=1800'),
      ask('south', 'Ask the southern store', 'hold=south'),
      ask('prices', 'Read the price list', 'delay_ms=900'),
      { id: 'stock', type: 'logic.merge', name: 'Bring together', config: {} },
      { id: 'plan', type: 'logic.transform', name: 'Plan the orders', config: { expression: '{ "orders": 2 }' } },
    ],
    edges: edges.map(([source, target]) => ({ id: `${source}_${target}`, source, target })),
  };
}

/**
 * An organization with agents and runs to look at.
 * @param {string} url
 * @param {string} mockUrl
 */
async function furnish(url, mockUrl) {
  const signup = await apiClient(url)('POST', '/auth/signup', {
    organization_name: 'Example organization',
    name: 'Demo owner',
    ...account,
  });
  const call = apiClient(url, must(signup, 'Signing up').access_token);
  const file = JSON.parse(readFileSync(join(ROOT, 'examples', 'triage-agent.json'), 'utf8'));
  const triage = must(await call('POST', '/agents/import', file), 'Importing the triage agent').id;
  must(await call('POST', `/agents/${triage}/publish`, { change_message: 'For the support desk' }), 'Publishing');
  const stock = must(
    await call('POST', '/agents', {
      name: 'Nightly stock sync',
      description: 'Asks both stores what they have and plans the orders.',
      definition: stockSync(mockUrl),
    }),
    'Creating the stock agent',
  ).id;
  must(await call('POST', `/agents/${stock}/publish`, {}), 'Publishing');
  must(await call('POST', '/agents', { name: 'Refund checker' }), 'Creating a draft');
  const project = must(
    await call('POST', '/projects', {
      name: 'Support in spring',
      description: 'What customers write after the spring sale, and what becomes of it.',
    }),
    'Creating a project',
  ).id;
  must(
    await call('POST', '/projects', { name: 'Warehouse move', description: 'Stock that changes its store.' }),
    'Creating',
  );
  const day = 86_400;
  for (const [key, value, ttl_seconds] of /** @type {const} */ ([
    ['plan', { goal: 'Answer every ticket within a day', steps: ['triage', 'answer', 'ask why'] }, 7 * day],
    ['refunds_left_usd', 412.5, day],
    ['escalated', ['INV-77', 'INV-80'], 3 * day],
  ])) {
    must(await call('PUT', `/context/${project}/${key}`, { value, ttl_seconds }), 'Sharing a value');
  }
  must(
    await call('POST', '/handoffs', {
      to_agent_id: triage,
      project_id: project,
      instructions: 'Look at INV-77 first: the customer has written twice.',
      context: { invoice: 'INV-77', amount_usd: 59.9 },
    }),
    'Handing over',
  );
  let last = '';
  for (const input of readTickets(join(ROOT, 'examples', 'tickets.json')).slice(0, TICKETS)) {
    const run = await call('POST', `/agents/${triage}/execute`, { input, project_id: project }, { Prefer: 'wait=30' });
    last ||= must(run, 'Running the triage agent', [200]).id;
  }
  const refunds = must(await call('POST', '/templates/refund-approval/install', {}), 'Installing a template');
  const secret = { name: 'PAYMENTS_API_TOKEN', value: 'an example', allowed_hosts: ['payments.example.com'] };
  must(await call('POST', '/org/env-vars', secret), 'Adding a secret');
  must(await call('POST', `/agents/${refunds.id}/publish`, {}), 'Publishing');
  for (const [customer, amount] of /** @type {const} */ ([
    ['Ann Lee', 120],
    ['Jo Park', 85],
  ])) {
    const input = { customer, amount, order_number: `A-${1000 + amount}`, reason: 'The parcel arrived broken.' };
    must(await call('POST', `/agents/${refunds.id}/execute`, { input }), 'Asking for a refund', [202]);
  }
  const external = await furnishExternalAgents(url, call, triage);
  // A draft that differs from what is live.
  const changed = structuredClone(file.definition);
  changed.nodes.find((/** @type {{ id: string }} */ { id }) => id === 'summary').config.max_sentences = 3;
  changed.nodes.find((/** @type {{ id: string }} */ { id }) => id === 'priority').name = 'How soon is it needed?';
  must(await call('PUT', `/agents/${triage}/draft`, changed), 'Changing a draft');
  return { call, triage, stock, project, refunds: refunds.id, triaged: last, ...external };
}

/**
 * External agents of each platform, one of them with calls, one of which a limit has refused.
 * @param {string} url
 * @param {ReturnType<typeof apiClient>} call
 * @param {string} triage
 */
async function furnishExternalAgents(url, call, triage) {
  const register = async (/** @type {object} */ settings) =>
    must(await call('POST', '/external-agents', settings), 'Registering an external agent');
  const desk = must(
    await call('POST', '/agents', {
      name: 'Support desk',
      description: 'Has tickets triaged.',
      definition: {
        nodes: [
          { id: 'start', type: 'trigger.manual', name: 'Ticket', config: {} },
          { id: 'triage', type: 'agent.call', name: 'Triage', config: { agent_id: triage, input: '{{trigger}}' } },
        ],
        edges: [{ id: 'start_triage', source: 'start', target: 'triage' }],
      },
    }),
    'Creating the desk',
  ).id;
  must(await call('POST', `/agents/${desk}/publish`, {}), 'Publishing');
  for (const [name, platform] of /** @type {const} */ ([
    ['Warehouse robot', 'custom'],
    ['Nightly importer', 'openai_sdk'],
    ['Gemini in the terminal', 'gemini'],
    ['Support GPT', 'chatgpt'],
  ])) {
    await register({ name, platform, agents: [triage] });
  }
  const caller = await register({
    name: 'Claude Code of the support team',
    platform: 'claude_code',
    description: 'Looks at tickets that people paste into their editor.',
    rate_limits: { minute: 6, hour: 60, day: 400 },
    max_concurrency: 5,
  });
  const asCaller = apiClient(url, caller.api_key);
  let called = '';
  for (const input of readTickets(join(ROOT, 'examples', 'tickets.json')).slice(0, 9)) {
    const answer = await asCaller(
      'POST',
      `/external-agents/${caller.id}/invoke`,
      { agent_id: called === '' ? desk : triage, input },
      { Prefer: 'wait=30' },
    );
    called ||= must(answer, 'Calling the desk', [200]).invocation_id;
  }
  return { caller: caller.id, called };
}

/**
 * Webhooks and channels that are told what the stock agent does; one receiver fails.
 * @param {ReturnType<typeof apiClient>} call
 * @param {string} mockUrl
 * @param {string} refunds
 */
async function furnishTargets(call, mockUrl, refunds) {
  const add = async (/** @type {string} */ path, /** @type {object} */ body) =>
    must(await call('POST', path, body), 'Adding a target').id;
  await fetch(`${mockUrl}/answer?of=crm&status=503`);
  await add('/webhooks', {
    url: `${mockUrl}/inbox/crm`,
    description: 'Customer records',
    events: ['approval.*', 'member.*'],
    retry_seconds: [2, 3600],
  });
  const webhook = await add('/webhooks', {
    url: `${mockUrl}/inbox/orders`,
    description: 'The order system',
    events: ['execution.*', 'approval.*', 'agent.published'],
    headers: { 'X-Environment': 'production' },
  });
  const channel = await add('/notification-channels', {
    name: 'Support team',
    config: { platform: 'slack', webhook_url: `${mockUrl}/inbox/slack/services/T0/B0/x` },
    events: ['execution.failed', 'approval.*', 'budget.*'],
    templates: { approval: '{{event.data.agent_name}} asks: {{event.data.message}}' },
  });
  await add('/notification-channels', {
    name: 'On call',
    config: { platform: 'email', to: [account.email] },
    events: ['execution.failed', 'webhook.disabled'],
  });
  const input = { customer: 'Kim Sato', amount: 64, order_number: 'A-1064', reason: 'It never came.' };
  must(await call('POST', `/agents/${refunds}/execute`, { input }), 'Asking for a refund', [202]);
  return { webhook, channel };
}

await buildUi();
mkdirSync(FOLDER, { recursive: true });
const server = await startTestServer();
const browser = await chromium.launch({
  executablePath: await findBrowser(),
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
});
try {
  const furnished = await furnish(server.url, server.mockUrl);
  const { call, triage, stock, project, triaged, caller, called } = furnished;
  const { webhook, channel } = await furnishTargets(call, server.mockUrl, furnished.refunds);
  for (const theme of /** @type {const} */ (['light', 'dark'])) {
    const context = await browser.newContext({
      baseURL: server.url,
      colorScheme: theme,
      reducedMotion: 'reduce',
      viewport: { width: 1440, height: 900 },
    });
    const page = await context.newPage();
    /** @param {string} name */
    const shoot = async (name) => {
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) });
      console.log(`docs/images/${name}-${theme}.png`);
    };
    await page.goto('/login');
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password', { exact: true }).fill(account.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Recent executions').waitFor();
    await page.getByRole('button', { name: 'Skip the tour' }).click();
    await shoot('overview');
    await page.goto('/dashboard/agents');
    await page.getByRole('link', { name: 'Nightly stock sync' }).first().waitFor();
    await shoot('agents');
    await page.goto('/dashboard/templates');
    await page.getByText('Approval before a refund').waitFor();
    await shoot('templates');
    await page.goto('/dashboard/approvals');
    await page.getByRole('link', { name: /Jo Park/ }).click();
    await page.getByRole('dialog').getByText('Jo Park').first().waitFor();
    await shoot('approvals');
    await page.goto(`/dashboard/agents/${triage}?tab=builder`);
    await page.getByText('No problems').waitFor();
    await shoot('agent');
    await page.getByRole('button', { name: 'Publish…' }).click();
    await page.getByRole('list', { name: 'Changes' }).waitFor();
    await shoot('publish');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    const test = page.getByRole('dialog', { name: 'Test the draft' });
    await test.getByRole('tab', { name: 'JSON' }).click();
    await test.getByLabel('Input as JSON').fill(JSON.stringify(ticket));
    await test.getByRole('button', { name: 'Run test' }).click();
    await page.getByRole('region', { name: 'Test run' }).getByText('Completed').waitFor();
    await page.getByRole('region', { name: 'Canvas' }).getByText('What is it about?').click();
    await page.getByRole('tab', { name: 'Last run' }).click();
    await shoot('test-run');
    await page.goto(`/dashboard/executions/${triaged}?step=category`);
    await page.getByText('of 16 steps ended').waitFor();
    await shoot('execution');
    await page.goto('/dashboard/executions');
    await page.getByRole('row').nth(2).waitFor();
    await shoot('executions');

    await page.goto(`/dashboard/projects/${project}`);
    await page.getByRole('table', { name: 'Agents of the project' }).waitFor();
    await shoot('project');
    await page.goto(`/dashboard/projects/${project}?tab=context`);
    await page.getByText('Handoff to Support ticket triage').waitFor();
    await shoot('project-context');

    await page.goto('/dashboard/external-agents');
    await page.getByRole('link', { name: 'Nightly importer' }).waitFor();
    await shoot('external-agents');
    await page.goto(`/dashboard/external-agents/${caller}`);
    await page.getByRole('button', { name: /^Rotate/ }).click();
    await page.getByRole('button', { name: 'Rotate key' }).click();
    await page.getByTestId('api-key').waitFor();
    await shoot('external-agent-key');
    await page.goto(`/dashboard/external-agents/${caller}?tab=invocations&invocation=${called}`);
    await page.locator('.react-flow__node').nth(2).click();
    await page.getByRole('region', { name: 'Details' }).getByRole('link', { name: 'Open the agent' }).waitFor();
    await shoot('external-agent-lineage');
    await page.goto(`/dashboard/external-agents/${caller}?tab=usage`);
    await page.getByText('Show these calls').waitFor({ timeout: 120_000 });
    await shoot('external-agent-usage');

    await page.goto('/dashboard/webhooks');
    await page.getByRole('link', { name: /orders$/ }).waitFor();
    await shoot('webhooks');
    await page.goto(`/dashboard/webhooks/${webhook}`);
    await page.getByRole('link', { name: 'approval.requested' }).first().click();
    await page.getByRole('dialog', { name: 'Delivery' }).getByText('X-Environment').first().waitFor();
    await shoot('webhook-delivery');
    await page.goto(`/dashboard/webhooks/channels/${channel}?tab=settings`);
    await page.getByRole('region', { name: 'Message in Slack' }).waitFor();
    await shoot('channel');
    await page.goto('/dashboard/events');
    await page.getByRole('link', { name: 'approval.requested' }).first().waitFor();
    await shoot('events');
    await page.getByRole('button', { name: /^Notifications/ }).click();
    await page.getByRole('dialog', { name: 'Notifications' }).getByRole('link').first().waitFor();
    await shoot('bell');

    const proposal = await beginProposal(call, server.mockUrl, triage, `lead-${theme}`);
    await page.goto(`/dashboard/proposals/${proposal.id}`);
    await page.getByText('Refunds reach the billing team').waitFor();
    await shoot('proposal-live');
    await proposal.finish();
    await page.getByText('A lead is now asked').waitFor();
    await page.getByRole('checkbox', { name: 'Change 1 of' }).waitFor();
    await shoot('proposal');
    await page.getByRole('tab', { name: 'Canvas' }).click();
    await page.locator('.react-flow__node').first().waitFor();
    await shoot('proposal-canvas');
    await page.goto('/dashboard/proposals');
    await page.getByRole('table', { name: 'Proposals' }).getByRole('link').first().waitFor();
    await shoot('proposals');

    const run = must(
      await call('POST', `/agents/${stock}/execute`, { input: { night: '2026-01-31' } }),
      'Running',
      [202],
    );
    await page.goto(`/dashboard/executions/${run.id}`);
    await page.locator('[data-step="north"][data-status="completed"]').waitFor();
    await page.locator('[data-step="south"][data-status="running"]').waitFor();
    await shoot('execution-live');
    await fetch(`${server.mockUrl}/release?name=south`);
    await page.locator('[data-step="plan"][data-status="completed"]').waitFor();
    await context.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
