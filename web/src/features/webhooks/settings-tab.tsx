import {
  type CreateWebhookRequest,
  createWebhookRequest,
  type UpdateWebhookRequest,
  type Webhook,
  type WebhookDetail,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { Card } from '@/components/ui/card.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { SavedForm } from '@/features/targets/saved-form.tsx';
import { fetchApi } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { changesOf, formOf, type WebhookForm, type WebhookFormValues } from './form-values.ts';
import { webhookQuery } from './queries.ts';
import { WebhookFields } from './webhook-fields.tsx';

interface Save {
  readonly body: UpdateWebhookRequest;
  readonly etag: string | null;
}

export function SettingsTab({ tagged }: { tagged: Tagged<WebhookDetail> }) {
  const { id } = tagged.value;
  const queries = useQueryClient();
  const mayManage = useCan('webhooks:manage');
  const form: WebhookForm = useForm<WebhookFormValues, unknown, CreateWebhookRequest>({
    resolver: zodResolver(createWebhookRequest),
    mode: 'onTouched',
    defaultValues: formOf(tagged.value),
  });
  const { base, startFrom } = useEditedCopy(tagged, form, formOf);
  const save = useMutation({
    mutationFn: async ({ body, etag }: Save) =>
      readTagged<Webhook>(
        await fetchApi(`/webhooks/${id}`, {
          method: 'PUT',
          body,
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (saved) => {
      const next = { value: { ...tagged.value, ...saved.value }, etag: saved.etag };
      queries.setQueryData(webhookQuery(id).queryKey, next);
      startFrom(next);
      void queries.invalidateQueries({ queryKey: ['webhooks', 'list'] });
      toast.success('Saved');
    },
    onError: (error) => {
      showOnFields(form, error, ['url', 'description', 'events']);
      // What somebody else has made of it, for the choice below.
      void queries.invalidateQueries({ queryKey: webhookQuery(id).queryKey });
    },
  });
  const submit = (etag: string | null) => form.handleSubmit((values) => save.mutate({ body: changesOf(values), etag }));
  return (
    <Card className="max-w-3xl">
      <SavedForm
        label="Webhook"
        form={form}
        mayWrite={mayManage}
        busy={save.isPending}
        error={save.error}
        shownPaths={['url', 'description', 'events']}
        theirsIsRead={tagged.etag !== base.current.etag}
        onSave={() => submit(base.current.etag)()}
        onSaveOver={() => submit(tagged.etag)()}
        onDiscard={() => {
          save.reset();
          startFrom(tagged);
        }}
        lost="What you changed of the webhook is not saved."
      >
        <WebhookFields form={form} />
      </SavedForm>
    </Card>
  );
}
