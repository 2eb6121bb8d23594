import { budgetInWords, type EventData, type EventType, type MessageKind } from '@agentflow/contracts';
import type { MessageEvent, Tone } from '../port.ts';

/** What is said of an event, before it is cut and escaped. */
export interface Description {
  readonly kind: MessageKind;
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
  readonly facts: readonly (readonly [name: string, value: string | null])[];
  /** Below /dashboard in the UI, and what leads there. */
  readonly place: readonly [path: string, label: string] | null;
}

type Describe<T extends EventType> = (data: EventData<T>) => Description;

type Execution = EventData<'execution.completed'>;
type Approval = EventData<'approval.requested'>;
type Budget = Pick<EventData<'budget.overrun'>, 'scope' | 'period' | 'limit_usd' | 'spent_usd'>;

const MICRO = 1_000_000;

/** Dollars with as many digits as small amounts need. */
function usd(amount: number): string {
  const rounded = Math.round(amount * MICRO) / MICRO;
  return `$${rounded.toFixed(Math.abs(rounded) >= 1 || rounded === 0 ? 2 : 4)}`;
}

function seconds(ms: number | null): string | null {
  if (ms === null) return null;
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Of a timestamp, to the minute: everybody reads it in the same zone. */
function minute(timestamp: string): string {
  return `${timestamp.slice(0, 16).replace('T', ' ')} UTC`;
}

const executionPlace = (id: string) => [`/executions/${id}`, 'Open the execution'] as const;
const agentPlace = (id: string) => [`/agents/${id}`, 'Open the agent'] as const;
const externalPlace = (id: string) => [`/external-agents/${id}`, 'Open the external agent'] as const;

const aboutExecution = (data: Execution): Description['facts'] => [
  ['Agent', data.agent_name],
  ['Version', data.version === null ? 'draft' : String(data.version)],
  ['Started by', data.triggered_by.name],
  ['Duration', seconds(data.duration_ms)],
  ['Cost', usd(data.cost_usd)],
];

const execution =
  (kind: MessageKind, tone: Tone, verb: string, text: (data: Execution) => string) =>
  (data: Execution): Description => ({
    kind,
    tone,
    title: `${data.agent_name} ${verb}`,
    text: text(data),
    facts: aboutExecution(data),
    place: executionPlace(data.execution_id),
  });

const agent =
  (tone: Tone, verb: string) =>
  (data: EventData<'agent.created'>): Description => ({
    kind: 'notice',
    tone,
    title: `${data.agent_name} ${verb}`,
    text: '',
    facts: [
      ['Status', data.status],
      ['Live version', data.live_version === null ? null : String(data.live_version)],
    ],
    place: agentPlace(data.agent_id),
  });

const decided =
  (tone: Tone, verb: string) =>
  (data: Approval): Description => ({
    kind: 'notice',
    tone,
    title: `${verb}: ${data.title}`,
    text: data.comment,
    facts: [
      ['Agent', data.agent_name],
      ['By', data.decided_by?.name ?? null],
    ],
    place: executionPlace(data.execution_id),
  });

const budget = (tone: Tone, title: string, text: string, data: Budget) =>
  ({
    kind: 'budget',
    tone,
    title,
    text,
    facts: [
      ['Budget', data.scope],
      ['Period', data.period],
      ['Limit', usd(data.limit_usd)],
      ['Spent', usd(data.spent_usd)],
    ],
    place: ['/settings/budgets', 'Open the budgets'],
  }) satisfies Description;

const proposal =
  (tone: Tone, verb: string) =>
  (data: EventData<'proposal.created'>): Description => ({
    kind: 'notice',
    tone,
    title: `A change of ${data.agent_name} was ${verb}`,
    text: '',
    facts: [],
    place: [`/proposals/${data.proposal_id}`, 'Open the proposal'],
  });

const notice = (
  tone: Tone,
  title: string,
  text: string,
  facts: Description['facts'],
  place: Description['place'],
): Description => ({ kind: 'notice', tone, title, text, facts, place });

function invoked(data: EventData<'external_agent.invoked'>): Description {
  const failed = data.status !== 'success';
  const result = typeof data.result === 'string' ? data.result : JSON.stringify(data.result, null, 2);
  return {
    kind: failed ? 'failure' : 'result',
    tone: failed ? 'bad' : 'good',
    title: failed ? `${data.agent_name} has failed for ${data.name}` : `${data.agent_name} has answered ${data.name}`,
    text: failed
      ? (data.error?.message ?? '')
      : `${data.result === null ? '' : result}${data.result_truncated ? '…' : ''}`,
    facts: [
      ['Agent', data.agent_name],
      ['Called by', data.name],
      ['Error', data.error?.code ?? null],
      ['Duration', seconds(data.latency_ms)],
      ['Cost', usd(data.cost_usd)],
    ],
    place: executionPlace(data.execution_id),
  };
}

function unusual(data: EventData<'external_agent.suspicious'>): string {
  switch (data.reason) {
    case 'denials':
      return `Many of its calls are refused${data.code === undefined ? '' : `, of late as ${data.code}`}.`;
    case 'new_country':
      return `It calls from a country that it never came from: ${data.country ?? 'unknown'}.`;
    case 'many_addresses':
      return `Its key is used from ${data.addresses ?? 'many'} networks.`;
    case 'spend':
      return `It has spent ${usd(data.spent_usd ?? 0)} today, and ${usd(data.usual_usd ?? 0)} on a usual day.`;
  }
}

/** Whoever was erased since. */
const SOMEBODY = 'A person';
const TARGETS = { webhook: '/webhooks', channel: '/webhooks/channels', external_agent: '/external-agents' } as const;

const DESCRIPTIONS: { readonly [T in EventType]: Describe<T> } = {
  'execution.started': execution('notice', 'neutral', 'has started', () => ''),
  'execution.completed': execution('result', 'good', 'has completed', (data) => data.output_preview ?? ''),
  'execution.failed': (data) => {
    const described = execution('failure', 'bad', 'has failed', (of) => of.error?.message ?? '')(data);
    return { ...described, facts: [...described.facts, ['Error', data.error?.code ?? null]] };
  },
  'execution.cancelled': execution('notice', 'neutral', 'was cancelled', (data) => data.error?.message ?? ''),
  'agent.created': agent('neutral', 'was created'),
  'agent.published': agent('good', 'was published'),
  'agent.activated': agent('good', 'takes executions again'),
  'agent.paused': agent('neutral', 'was paused'),
  'agent.archived': agent('neutral', 'was archived'),
  'agent.handoff': (data) =>
    notice('neutral', `Work was handed over to ${data.agent_name}`, '', [], agentPlace(data.agent_id)),
  'approval.requested': (data) => ({
    kind: 'approval',
    tone: 'waiting',
    title: data.kind === 'form' ? `To be filled in: ${data.title}` : `To be approved: ${data.title}`,
    text: data.message,
    facts: [
      ['Agent', data.agent_name],
      ['Asked', minute(data.requested_at)],
    ],
    place: [`/approvals?approval=${data.approval_id}`, 'Open the approval'],
  }),
  'approval.approved': decided('good', 'Approved'),
  'approval.denied': decided('bad', 'Denied'),
  'project.budget_exceeded': (data) => ({
    ...budget('bad', 'A project has reached its budget', 'What it starts from now on is refused.', data),
    place:
      data.project_id === null
        ? ['/settings/budgets', 'Open the budgets']
        : [`/projects/${data.project_id}`, 'Open the project'],
  }),
  'budget.threshold_reached': (data) => {
    const refused = data.refused_usd === null ? '' : ` A call of ${usd(data.refused_usd)} was refused.`;
    const said = budgetInWords(data.scope, data.period as Parameters<typeof budgetInWords>[1]);
    return budget(
      data.refused_usd === null ? 'waiting' : 'bad',
      `${data.threshold} % of a budget is spent`,
      `The ${said}: ${usd(data.spent_usd)} of ${usd(data.limit_usd)}.${refused}`,
      data,
    );
  },
  'budget.overrun': (data) =>
    budget(
      'bad',
      'A call has cost more than was set aside for it',
      `${usd(data.cost_of_call_usd)} instead of ${usd(data.reserved_for_call_usd)}.`,
      data,
    ),
  'external_agent.invoked': invoked,
  'external_agent.throttled': (data) =>
    notice(
      'waiting',
      `${data.name} was refused by a limit`,
      '',
      [['Reason', data.code]],
      externalPlace(data.external_agent_id),
    ),
  'external_agent.suspicious': (data) =>
    notice('bad', `${data.name} calls in an unusual way`, unusual(data), [], externalPlace(data.external_agent_id)),
  'external_agent.key_revoked': (data) =>
    notice(
      'neutral',
      'A key of an external agent was revoked',
      '',
      [['Key', data.key]],
      externalPlace(data.external_agent_id),
    ),
  'external_agent.stopped': (data) =>
    notice(
      'bad',
      'Executions are being stopped',
      '',
      [
        ['Of', data.kind],
        ['Executions', String(data.targeted)],
      ],
      ['/executions', 'Open the executions'],
    ),
  'proposal.created': proposal('waiting', 'proposed'),
  'proposal.approved': proposal('good', 'approved'),
  'proposal.rejected': proposal('bad', 'rejected'),
  'webhook.disabled': (data) =>
    notice(
      'bad',
      `Nothing is sent to ${data.name} any more`,
      data.detail,
      [['Reason', data.reason === 'gone' ? 'It is no more' : 'It has failed for too long']],
      [`${TARGETS[data.kind]}/${data.target_id}`, 'Open its deliveries'],
    ),
  'channel.unhealthy': (data) =>
    notice(
      'bad',
      `Most messages to ${data.platform} fail`,
      data.last_error,
      [['Failed', `${data.failed} of ${data.attempts}`]],
      [TARGETS.channel, 'Open the channels'],
    ),
  'channel.recovered': (data) =>
    notice('good', `Messages to ${data.platform} arrive again`, '', [], [TARGETS.channel, 'Open the channels']),
  'member.invited': (data) =>
    notice(
      'neutral',
      `${data.email ?? SOMEBODY} was invited`,
      '',
      [['Role', data.role]],
      ['/settings/members', 'Open the members'],
    ),
  'member.joined': (data) =>
    notice(
      'good',
      `${data.email ?? SOMEBODY} has joined`,
      '',
      [['Role', data.role]],
      ['/settings/members', 'Open the members'],
    ),
  'member.removed': (data) =>
    notice(
      'neutral',
      `${data.email ?? SOMEBODY} is no member any more`,
      '',
      [],
      ['/settings/members', 'Open the members'],
    ),
  'billing.payment_failed': (data) =>
    notice(
      'bad',
      'A payment has failed',
      '',
      [
        ['Invoice', data.invoice_id],
        ['Amount', usd(data.amount_usd)],
      ],
      null,
    ),
};

/** Data of an event is what the catalogue says of its type: it was checked when it was told. */
export function describe(event: Pick<MessageEvent, 'type' | 'data'>): Description {
  if (event.type === 'webhook.test') {
    const { message } = event.data;
    return notice('neutral', 'This is a test', typeof message === 'string' ? message : '', [], null);
  }
  const described = DESCRIPTIONS[event.type] as Describe<EventType>;
  return described(event.data as EventData<EventType>);
}
