import {
  type ChannelDetail,
  type CreateChannelRequest,
  createChannelRequest,
  type NotificationChannel,
  type UpdateChannelRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { Card } from '@/components/ui/card.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { SavedForm } from '@/features/targets/saved-form.tsx';
import { fetchApi } from '@/lib/api.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { ChannelFields } from './channel-fields.tsx';
import { type ChannelForm, type ChannelFormValues, changesOf, formOf } from './form-values.ts';
import { PreviewCard } from './preview-card.tsx';
import { channelQuery } from './queries.ts';
import { shownPaths, showRefusals } from './refusals.ts';
import { usePreview } from './use-preview.ts';

interface Save {
  readonly body: UpdateChannelRequest;
  readonly etag: string | null;
}

export default function ChannelSettings({ tagged }: { tagged: Tagged<ChannelDetail> }) {
  const { id, callback_url } = tagged.value;
  const queries = useQueryClient();
  const mayManage = useCan('webhooks:manage');
  const form: ChannelForm = useForm<ChannelFormValues, unknown, CreateChannelRequest>({
    resolver: zodResolver(createChannelRequest),
    mode: 'onTouched',
    defaultValues: formOf(tagged.value),
  });
  const { base, startFrom } = useEditedCopy(tagged, form, formOf);
  const { kind, setKind, preview } = usePreview(form);
  const save = useMutation({
    mutationFn: async ({ body, etag }: Save) =>
      readTagged<NotificationChannel>(
        await fetchApi(`/notification-channels/${id}`, {
          method: 'PUT',
          body,
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (saved) => {
      const next = { value: { ...tagged.value, ...saved.value }, etag: saved.etag };
      queries.setQueryData(channelQuery(id).queryKey, next);
      startFrom(next);
      void queries.invalidateQueries({ queryKey: ['channels', 'list'] });
      toast.success('Saved');
    },
    onError: (error) => {
      showRefusals(form, error);
      // What somebody else has made of it, for the choice below.
      void queries.invalidateQueries({ queryKey: channelQuery(id).queryKey });
    },
  });
  const submit = (etag: string | null) => form.handleSubmit((values) => save.mutate({ body: changesOf(values), etag }));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_26rem]">
      <Card>
        <SavedForm
          label="Channel"
          form={form}
          mayWrite={mayManage}
          busy={save.isPending}
          error={save.error}
          shownPaths={shownPaths(save.error)}
          theirsIsRead={tagged.etag !== base.current.etag}
          onSave={() => submit(base.current.etag)()}
          onSaveOver={() => submit(tagged.etag)()}
          onDiscard={() => {
            save.reset();
            startFrom(tagged);
          }}
          lost="What you changed of the channel is not saved."
        >
          <ChannelFields
            form={form}
            callbackUrl={callback_url}
            kind={kind}
            onKind={setKind}
            problems={preview.data?.problems ?? []}
          />
        </SavedForm>
      </Card>
      <div className="min-w-0 lg:sticky lg:top-16">
        <PreviewCard preview={preview} />
      </div>
    </div>
  );
}
