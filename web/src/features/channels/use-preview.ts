import { type MessageKind, messageTemplates, type PreviewRequest } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { useDebounced } from '@/lib/use-debounced.ts';
import type { ChannelForm, ChannelFormValues } from './form-values.ts';
import { previewQuery } from './queries.ts';

/** The message that what is typed would make, read when the typing rests. */
export function usePreview(form: ChannelForm) {
  const [kind, setKind] = useState<MessageKind>('approval');
  const { config, templates, buttons } = useWatch({ control: form.control }) as ChannelFormValues;
  const typed = useDebounced(JSON.stringify(templates ?? {}));
  const request = useMemo((): PreviewRequest => {
    const read = messageTemplates.safeParse(JSON.parse(typed));
    return {
      platform: config.platform,
      kind,
      templates: read.success ? read.data : {},
      buttons: buttons ?? false,
    };
  }, [config.platform, kind, typed, buttons]);
  return { kind, setKind, preview: useQuery(previewQuery(request)) };
}
