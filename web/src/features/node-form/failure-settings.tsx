import { type AgentNode, agentNode, type OnError } from '@agentflow/contracts';
import { RadioGroup } from 'radix-ui';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { DurationInput } from './controls/duration-input.tsx';
import { FieldFrame, type Message } from './field-frame.tsx';
import { withOwn } from './node-changes.ts';
import { FIRST_RETRY, RetryFields, waitsInWords } from './retry-fields.tsx';

interface FailureSettingsProps {
  node: AgentNode;
  onChange: (node: AgentNode) => void;
}

const CHOICES: readonly { value: OnError; title: string; help: string }[] = [
  { value: 'fail', title: 'Fail', help: 'The execution, or the round of a loop, fails with this error.' },
  { value: 'continue', title: 'Go on', help: 'The next nodes run; the output is {"error": {code, message}}.' },
  { value: 'branch', title: 'Take the error exit', help: 'Nodes behind the exit “On error” run instead.' },
];

const MOST_TIMEOUT_MS = 600_000;

/** Mistakes of a node's own fields, which the shape of a draft forbids: they are told before saving refuses them. */
function mistakesOf(node: AgentNode): (path: string) => Message[] {
  const parsed = agentNode.safeParse(node);
  const issues = parsed.success ? [] : parsed.error.issues;
  return (path) =>
    issues
      .filter((issue) => issue.path.join('.') === path)
      .map((issue) => ({ severity: 'error', message: issue.message }));
}

/** What happens when the node does not end well: tries, time, and where it goes on. */
export function FailureSettings({ node, onChange }: FailureSettingsProps) {
  const { retry } = node;
  const mistakes = mistakesOf(node);
  return (
    <>
      <FieldFrame label="When it fails for good" group>
        {({ labelId }) => (
          <RadioGroup.Root
            aria-labelledby={labelId}
            value={node.on_error ?? 'fail'}
            onValueChange={(next) => onChange(withOwn(node, 'on_error', next as OnError))}
            className="flex flex-col gap-1.5"
          >
            {CHOICES.map(({ value, title, help }) => (
              <RadioGroup.Item
                key={value}
                value={value}
                className="group flex items-start gap-2.5 rounded-lg border border-line bg-surface px-3 py-2 text-left transition-colors duration-100 hover:border-line-strong data-[state=checked]:border-accent"
              >
                <span
                  aria-hidden="true"
                  className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full border border-field-line group-data-[state=checked]:border-accent"
                >
                  <span className="size-2 rounded-full bg-transparent group-data-[state=checked]:bg-accent" />
                </span>
                <span className="min-w-0">
                  <span className="block font-medium text-sm">{title}</span>
                  <span className="block text-faint text-xs">{help}</span>
                </span>
              </RadioGroup.Item>
            ))}
          </RadioGroup.Root>
        )}
      </FieldFrame>
      <FieldFrame
        label="Own retries"
        help={
          retry === undefined
            ? 'Off: as the agent’s settings say; without those three attempts for AI and actions, one for the rest.'
            : waitsInWords(retry)
        }
        className="relative pl-6"
      >
        {(control) => (
          <Checkbox
            id={control.id}
            aria-describedby={control.describedBy}
            className="absolute top-1.5 left-0"
            checked={retry !== undefined}
            onCheckedChange={(checked) => onChange(withOwn(node, 'retry', checked === true ? FIRST_RETRY : undefined))}
          />
        )}
      </FieldFrame>
      {retry !== undefined && (
        <RetryFields
          retry={retry}
          mistakes={(key) => mistakes(`retry.${key}`)}
          onChange={(next) => onChange(withOwn(node, 'retry', next))}
        />
      )}
      <FieldFrame
        label="Time limit of an attempt"
        optional
        help="At most ten minutes; two when not set."
        messages={mistakes('timeout_ms')}
      >
        {(control) => (
          <DurationInput
            control={control}
            value={node.timeout_ms}
            onChange={(ms) => onChange(withOwn(node, 'timeout_ms', ms))}
            maxMs={MOST_TIMEOUT_MS}
            placeholder="120"
          />
        )}
      </FieldFrame>
    </>
  );
}
