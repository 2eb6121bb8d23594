import { displayName, type Template } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { ArrowLeft, Globe, KeySquare } from 'lucide-react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { useInstallTemplate } from './queries.ts';
import { TemplateSteps } from './template-nodes.tsx';

const formSchema = z.object({ name: displayName });

interface TemplateFormProps {
  template: Template;
  onClose: () => void;
  /** To the other templates, where they were chosen from. */
  onBack?: () => void;
}

/** What a template holds and needs, and the name for the agent that is made of it: the inside of a dialog. */
export function TemplateForm({ template, onClose, onBack }: TemplateFormProps) {
  const mayWrite = useCan('agents:write');
  const form = useForm({
    resolver: zodResolver(formSchema),
    mode: 'onTouched',
    defaultValues: { name: template.name },
  });
  const install = useInstallTemplate(template.id);
  const { errors } = form.formState;
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => install.mutate(body))}>
      <DialogBody>
        {onBack && (
          <div>
            <button
              type="button"
              onClick={onBack}
              className="mb-2 inline-flex items-center gap-1 rounded-sm text-soft text-xs hover:text-text"
            >
              <ArrowLeft className="size-3.5" aria-hidden="true" /> All templates
            </button>
            <h3 className="font-medium">{template.name}</h3>
            <p className="text-sm text-soft">{template.description}</p>
          </div>
        )}
        <section aria-label="Steps">
          <h3 className="mb-1.5 font-medium text-faint text-xs">Steps</h3>
          <TemplateSteps nodes={template.nodes} />
        </section>
        <section aria-label="What it needs">
          <h3 className="mb-1.5 font-medium text-faint text-xs">What it needs</h3>
          <TemplateNeeds template={template} />
        </section>
        {mayWrite && (
          <Field
            label="Name of your agent"
            help="It starts as a draft: test it, change it, publish it when it is right."
            error={errors.name && 'Give the agent a name of up to 120 characters'}
          >
            {(control) => <Input {...control} {...form.register('name')} autoComplete="off" />}
          </Field>
        )}
        {install.error && <ProblemCallout error={install.error} shownPaths={['name']} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{mayWrite ? 'Cancel' : 'Close'}</Button>
        {mayWrite && (
          <Button type="submit" variant="primary" busy={install.isPending}>
            Use this template
          </Button>
        )}
      </DialogFooter>
    </form>
  );
}

function TemplateNeeds({ template: { needs } }: Pick<TemplateFormProps, 'template'>) {
  if (needs.length === 0) {
    return <p className="text-sm text-soft">Nothing: it runs as it is, with the built-in model or one of yours.</p>;
  }
  return (
    <>
      <ul className="flex flex-col gap-1.5">
        {needs.map(({ kind, name, description }) => {
          const Icon = kind === 'secret' ? KeySquare : Globe;
          return (
            <li key={name} className="flex items-start gap-2 text-sm">
              <Icon className="mt-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
              <span className="min-w-0">
                <code className="break-all font-mono text-xs">{name}</code>
                <span className="block text-faint text-xs">
                  {description}
                  {kind === 'address' && ': put in your own address'}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      <p className="mt-2 text-faint text-xs">
        Secrets are set under Settings, Secrets. Tests of the draft send nothing and run without them.
      </p>
    </>
  );
}
