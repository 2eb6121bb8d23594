import {
  type ChatPlatform,
  type CreateChannelRequest,
  createChannelRequest,
  type NotificationChannel,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { ChannelFields } from './channel-fields.tsx';
import { type ChannelForm, type ChannelFormValues, newChannel, requestOf } from './form-values.ts';
import { CHAT_PLATFORM_LOOKS, PLATFORM_ORDER } from './platforms.ts';
import { PreviewCard } from './preview-card.tsx';
import { shownPaths, showRefusals } from './refusals.ts';
import { usePreview } from './use-preview.ts';

/** The platforms, one of them chosen. */
export function PlatformChoice({ chosen }: { chosen: ChatPlatform }) {
  return (
    <nav aria-label="Platform" className="mb-5 grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-6">
      {PLATFORM_ORDER.map((platform) => {
        const { name, icon: Icon } = CHAT_PLATFORM_LOOKS[platform];
        return (
          <Link
            key={platform}
            to="/dashboard/webhooks/channels/new"
            search={{ platform }}
            replace
            aria-current={platform === chosen ? 'true' : undefined}
            className={cn(
              'flex h-11 items-center gap-2 rounded-lg border border-line bg-surface px-3 font-medium text-sm text-soft shadow-card transition-colors duration-100 hover:bg-hover hover:text-text',
              platform === chosen && 'border-accent text-text',
            )}
          >
            <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" />
            <span className="truncate">{name}</span>
          </Link>
        );
      })}
    </nav>
  );
}

/** The form of a new channel, beside the message that it will get. */
export function CreateChannel({ platform }: { platform: ChatPlatform }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const saved = useRef(false);
  // One for what is sent: a second click after a lost answer makes no second one.
  const sent = useRef(new Map<string, string>());
  const form: ChannelForm = useForm<ChannelFormValues, unknown, CreateChannelRequest>({
    resolver: zodResolver(createChannelRequest),
    mode: 'onTouched',
    defaultValues: newChannel(platform),
  });
  const { kind, setKind, preview } = usePreview(form);
  const create = useMutation({
    mutationFn: (body: CreateChannelRequest) => {
      const text = JSON.stringify(body);
      const key = sent.current.get(text) ?? newIdempotencyKey();
      sent.current.set(text, key);
      return api<NotificationChannel>('/notification-channels', {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': key },
      });
    },
    onSuccess: async (channel) => {
      saved.current = true;
      void queries.invalidateQueries({ queryKey: ['channels', 'list'] });
      toast.success(`${channel.name} is added`);
      await navigate({
        to: '/dashboard/webhooks/channels/$channelId',
        params: { channelId: channel.id },
        search: { tab: 'settings' },
      });
    },
    onError: (error) => showRefusals(form, error),
  });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_26rem]">
      <Card>
        <form
          noValidate
          aria-label="New channel"
          onSubmit={form.handleSubmit((values) => create.mutate(requestOf(values)))}
        >
          <div className="flex flex-col gap-4 p-4">
            <ChannelFields
              form={form}
              callbackUrl={null}
              kind={kind}
              onKind={setKind}
              problems={preview.data?.problems ?? []}
            />
            {create.error && <ProblemCallout error={create.error} shownPaths={shownPaths(create.error)} />}
          </div>
          <div className="flex justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-4 py-2.5">
            <Button variant="ghost" asChild>
              <Link to="/dashboard/webhooks/channels">Cancel</Link>
            </Button>
            <Button type="submit" variant="primary" busy={create.isPending}>
              Add channel
            </Button>
          </div>
        </form>
        <LeaveGuard dirty={() => form.formState.isDirty && !saved.current} description="The channel is not added." />
      </Card>
      <div className="min-w-0 lg:sticky lg:top-16">
        <PreviewCard preview={preview} />
      </div>
    </div>
  );
}
