import type { EventTypeInfo, NotificationSettings } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { eventTypesQuery, familiesOf } from '@/features/targets/event-types.ts';
import { api } from '@/lib/api.ts';
import { notificationSettingsQuery } from './queries.ts';

function isTold({ type, notifies }: EventTypeInfo, { muted, added }: NotificationSettings): boolean {
  return notifies ? !muted.includes(type) : added.includes(type);
}

function withType(
  settings: NotificationSettings,
  { type, notifies }: EventTypeInfo,
  told: boolean,
): NotificationSettings {
  const muted = settings.muted.filter((each) => each !== type);
  const added = settings.added.filter((each) => each !== type);
  if (told === notifies) return { muted, added };
  return told ? { muted, added: [...added, type] } : { muted: [...muted, type], added };
}

/** Which events the bell tells this person. Each choice is saved as it is made. */
export function BellSettings() {
  const queries = useQueryClient();
  const settings = useQuery(notificationSettingsQuery);
  const types = useQuery(eventTypesQuery);
  const save = useMutation({
    mutationFn: (body: NotificationSettings) =>
      api<NotificationSettings>('/notifications/settings', { method: 'PUT', body }),
    onMutate: (next) => {
      const before = queries.getQueryData(notificationSettingsQuery.queryKey);
      queries.setQueryData(notificationSettingsQuery.queryKey, next);
      return { before };
    },
    onError: (error, _, context) => {
      queries.setQueryData(notificationSettingsQuery.queryKey, context?.before);
      toast.error(error.message);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notifications'] }),
  });
  const error = settings.error ?? types.error;
  if (error)
    return <ProblemCallout error={error} onRetry={() => void Promise.all([settings.refetch(), types.refetch()])} />;
  if (settings.data === undefined || types.data === undefined) return <Skeleton className="h-64 w-full" />;
  const chosen = settings.data;
  return (
    <Card>
      <CardHeader
        title="What the bell tells you"
        description="For you alone, in this organization. You are only told of what you may see."
      />
      <div className="grid gap-x-8 gap-y-4 p-4 md:grid-cols-2">
        {familiesOf(types.data.data).map(({ family, label, types: own }) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
          <div key={family} role="group" aria-label={label} className="min-w-0">
            <h3 className="mb-0.5 font-medium text-sm">{label}</h3>
            {own.map((info) => (
              <LabelledCheckbox
                key={info.type}
                label={info.description}
                checked={isTold(info, chosen)}
                onChange={(told) => save.mutate(withType(chosen, info, told))}
              />
            ))}
          </div>
        ))}
      </div>
    </Card>
  );
}
