import { getRouteApi } from '@tanstack/react-router';
import { ChannelView } from '@/features/channels/channel-view.tsx';

const route = getRouteApi('/dashboard/webhooks/channels/$channelId');

export function ChannelPage() {
  const { channelId } = route.useParams();
  return <ChannelView key={channelId} channelId={channelId} shown={route.useSearch()} />;
}
