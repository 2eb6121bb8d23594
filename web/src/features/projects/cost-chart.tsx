import type { ProjectCosts } from '@agentflow/contracts';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatDay, formatUsd } from '@/lib/format.ts';

const AXIS = { tickLine: false, axisLine: false, tick: { fill: 'var(--text-faint)', fontSize: 11 } } as const;

/** `Nov 21`, of a day in UTC. */
const short = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', timeZone: 'UTC' });

/** Cost by day. Loaded when it is looked at: the library is large. */
export default function CostChart({ days }: { days: ProjectCosts['by_day'] }) {
  const dearest = days.reduce((most, day) => (day.cost_usd > most.cost_usd ? day : most));
  const summary = `Cost by day, ${days.length} days. The most on ${formatDay(dearest.day)}: ${formatUsd(dearest.cost_usd)}.`;
  return (
    <div role="img" aria-label={summary} className="h-full">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={[...days]} accessibilityLayer={false} margin={{ top: 4, right: 8, bottom: 0, left: 0 }}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis dataKey="day" {...AXIS} minTickGap={24} tickFormatter={(day: string) => short.format(new Date(day))} />
          <YAxis {...AXIS} width={64} tickFormatter={formatUsd} />
          <Tooltip
            contentStyle={{
              background: 'var(--raised)',
              border: '1px solid var(--line)',
              borderRadius: 8,
              boxShadow: 'var(--shadow-2)',
              fontSize: 12,
            }}
            labelStyle={{ color: 'var(--text)', fontWeight: 600 }}
            itemStyle={{ color: 'var(--text-soft)' }}
            cursor={{ fill: 'var(--hover)' }}
            isAnimationActive={false}
            labelFormatter={(day) => short.format(new Date(String(day)))}
            formatter={(value) => [formatUsd(Number(value)), 'Cost']}
          />
          <Bar name="Cost" dataKey="cost_usd" fill="var(--accent)" radius={[3, 3, 0, 0]} isAnimationActive={false} />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
