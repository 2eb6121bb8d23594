import type { Usage } from '@agentflow/contracts';
import type { ReactNode } from 'react';
import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  Cell,
  Line,
  LineChart,
  Pie,
  PieChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { formatCount, formatDuration, formatUsd } from '@/lib/format.ts';
import { presentStatuses } from './statuses.ts';
import { groupName, groupTitle, type UsagePoint } from './usage-series.ts';

const HEIGHT = 208;
const GRID = <CartesianGrid vertical={false} stroke="var(--line)" />;
const AXIS = { tickLine: false, axisLine: false, tick: { fill: 'var(--text-faint)', fontSize: 11 } } as const;
const TOOLTIP = {
  contentStyle: {
    background: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: 8,
    boxShadow: 'var(--shadow-2)',
    fontSize: 12,
  },
  labelStyle: { color: 'var(--text)', fontWeight: 600 },
  itemStyle: { color: 'var(--text-soft)' },
  cursor: { fill: 'var(--hover)', stroke: 'var(--line-strong)' },
  isAnimationActive: false,
} as const;

function Frame({ children, height = HEIGHT }: { children: ReactNode; height?: number }) {
  return (
    <ResponsiveContainer width="100%" height={height}>
      {children}
    </ResponsiveContainer>
  );
}

interface OverTime {
  points: readonly UsagePoint[];
  by: Usage['group_by'];
}

function timeAxis(by: Usage['group_by']) {
  return <XAxis dataKey="at" {...AXIS} minTickGap={24} tickFormatter={(at: string) => groupName(at, by)} />;
}

function titled(by: Usage['group_by']) {
  return (at: ReactNode) => groupTitle(String(at), by);
}

export function CallsChart({ points, by, totals }: OverTime & { totals: Usage['totals'] }) {
  return (
    <Frame>
      <AreaChart data={[...points]} accessibilityLayer={false} margin={{ top: 4, right: 4, bottom: 0, left: -16 }}>
        {GRID}
        {timeAxis(by)}
        <YAxis {...AXIS} allowDecimals={false} tickFormatter={formatCount} />
        <Tooltip {...TOOLTIP} labelFormatter={titled(by)} formatter={(value) => formatCount(Number(value))} />
        {presentStatuses(totals).map(({ status, word, colour }) => (
          <Area
            key={status}
            name={word}
            dataKey={status}
            type="monotone"
            stackId="calls"
            stroke={colour}
            strokeWidth={1.5}
            fill={colour}
            fillOpacity={0.22}
            isAnimationActive={false}
          />
        ))}
      </AreaChart>
    </Frame>
  );
}

/** What was spent since the beginning of the time, and the limits that it runs against. */
export function SpendChart({ points, by, limits }: OverTime & { limits: readonly { label: string; usd: number }[] }) {
  return (
    <Frame>
      <AreaChart data={[...points]} accessibilityLayer={false} margin={{ top: 8, right: 4, bottom: 0, left: 0 }}>
        {GRID}
        {timeAxis(by)}
        <YAxis {...AXIS} tickFormatter={formatUsd} width={56} domain={[0, 'auto']} />
        <Tooltip
          {...TOOLTIP}
          labelFormatter={titled(by)}
          formatter={(value, name) => [formatUsd(Number(value)), name]}
        />
        <Area
          name="Spent so far"
          dataKey="spent_usd"
          type="monotone"
          stroke="var(--accent)"
          strokeWidth={1.5}
          fill="var(--accent)"
          fillOpacity={0.14}
          isAnimationActive={false}
        />
        {limits.map(({ label, usd }) => (
          <ReferenceLine
            key={label}
            y={usd}
            stroke="var(--failed-solid)"
            strokeDasharray="5 4"
            ifOverflow="extendDomain"
            label={{ value: label, position: 'insideBottomRight', fill: 'var(--text-soft)', fontSize: 11 }}
          />
        ))}
      </AreaChart>
    </Frame>
  );
}

export function RefusalsChart({ refusals }: { refusals: Usage['refusals'] }) {
  return (
    <Frame height={Math.max(96, refusals.length * 40 + 24)}>
      <BarChart
        data={[...refusals]}
        layout="vertical"
        accessibilityLayer={false}
        margin={{ top: 0, right: 16, bottom: 0, left: 0 }}
      >
        <XAxis type="number" {...AXIS} allowDecimals={false} tickFormatter={formatCount} />
        <YAxis type="category" dataKey="code" {...AXIS} width={136} />
        <Tooltip {...TOOLTIP} formatter={(value) => [formatCount(Number(value)), 'Refused calls']} />
        <Bar
          dataKey="count"
          name="Refused calls"
          fill="var(--waiting-solid)"
          radius={[0, 4, 4, 0]}
          barSize={16}
          isAnimationActive={false}
        />
      </BarChart>
    </Frame>
  );
}

export function SharesChart({ totals }: { totals: Usage['totals'] }) {
  const parts = presentStatuses(totals).map(({ status, word, colour }) => ({ word, colour, count: totals[status] }));
  return (
    <Frame height={168}>
      <PieChart accessibilityLayer={false}>
        <Tooltip {...TOOLTIP} formatter={(value, name) => [formatCount(Number(value)), name]} />
        <Pie
          data={parts}
          dataKey="count"
          nameKey="word"
          innerRadius={52}
          outerRadius={78}
          startAngle={90}
          endAngle={-270}
          paddingAngle={parts.length > 1 ? 2 : 0}
          stroke="var(--surface)"
          isAnimationActive={false}
        >
          {parts.map(({ word, colour }) => (
            <Cell key={word} fill={colour} />
          ))}
        </Pie>
      </PieChart>
    </Frame>
  );
}

export function LatencyChart({ points, by }: OverTime) {
  return (
    <Frame>
      <LineChart data={[...points]} accessibilityLayer={false} margin={{ top: 4, right: 4, bottom: 0, left: 0 }}>
        {GRID}
        {timeAxis(by)}
        <YAxis {...AXIS} tickFormatter={formatDuration} width={56} />
        <Tooltip
          {...TOOLTIP}
          labelFormatter={titled(by)}
          formatter={(value) => [formatDuration(Number(value)), 'Average']}
        />
        <Line
          name="Average latency"
          dataKey="average_latency_ms"
          type="monotone"
          stroke="var(--accent)"
          strokeWidth={1.5}
          connectNulls
          dot={{ r: 2.5, fill: 'var(--accent)' }}
          isAnimationActive={false}
        />
      </LineChart>
    </Frame>
  );
}
