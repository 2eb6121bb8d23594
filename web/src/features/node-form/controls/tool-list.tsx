import type { JsonValue } from '@agentflow/contracts';
import { Bot, Calculator, Globe, type LucideIcon, Plus, Server, Wrench } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import type { RenderFields, Variant } from '../config-fields.ts';
import { ItemCard } from './item-card.tsx';
import { JsonInput } from './json-value.tsx';
import { replaced, without } from './rows.tsx';

const ICONS: Readonly<Record<string, LucideIcon>> = { http: Globe, mcp: Server, agent: Bot, builtin: Calculator };

type Tool = { [key: string]: JsonValue };

interface ToolListProps {
  tools: readonly JsonValue[];
  variants: readonly Variant[];
  path: string;
  onChange: (tools: JsonValue[]) => void;
  renderFields: RenderFields;
}

function asTool(value: JsonValue): Tool | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** The tools of an agent, each of a kind with fields of its own. */
export function ToolList({ tools, variants, path, onChange, renderFields }: ToolListProps) {
  const [opened, setOpened] = useState<number | null>(null);
  const add = ({ kind, fields }: Variant) => {
    const name = fields.find((field) => field.name === 'name');
    const [first] = Array.isArray(name?.schema.enum) ? (name.schema.enum as string[]) : [];
    onChange([...tools, { kind, ...(first === undefined ? {} : { name: first }) }]);
    setOpened(tools.length);
  };
  return (
    <div className="flex flex-col gap-2">
      {tools.map((value, index) => (
        <ToolCard
          // biome-ignore lint/suspicious/noArrayIndexKey: a tool is its place, its name changes as one types
          key={index}
          value={value}
          place={index + 1}
          path={`${path}.${index}`}
          variants={variants}
          renderFields={renderFields}
          open={opened === index}
          onOpen={(open) => setOpened(open ? index : null)}
          onChange={(next) => onChange(replaced(tools, index, next))}
          onRemove={() => {
            setOpened(null);
            onChange(without(tools, index));
          }}
        />
      ))}
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button size="sm" className="self-start">
            <Plus aria-hidden="true" /> Add tool
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="start">
          {variants.map((variant) => {
            const Icon = ICONS[variant.kind] ?? Wrench;
            return (
              <DropdownMenuItem key={variant.kind} onSelect={() => add(variant)} className="h-auto py-1.5">
                <Icon aria-hidden="true" />
                <span>
                  <span className="block">{variant.title}</span>
                  <span className="block text-faint text-xs">{variant.help}</span>
                </span>
              </DropdownMenuItem>
            );
          })}
        </DropdownMenuContent>
      </DropdownMenu>
    </div>
  );
}

interface ToolCardProps {
  value: JsonValue;
  place: number;
  path: string;
  variants: readonly Variant[];
  renderFields: RenderFields;
  open: boolean;
  onOpen: (open: boolean) => void;
  onChange: (value: JsonValue) => void;
  onRemove: () => void;
}

function ToolCard({ value, place, path, variants, renderFields, onChange, ...card }: ToolCardProps) {
  const tool = asTool(value);
  const variant = variants.find(({ kind }) => kind === tool?.kind);
  const name = [tool?.name, tool?.server_url].find((each) => typeof each === 'string' && each !== '');
  const title = variant?.title ?? 'Unknown tool';
  return (
    <ItemCard
      icon={ICONS[variant?.kind ?? ''] ?? Wrench}
      called={typeof name === 'string' ? name : `tool ${place}`}
      title={typeof name === 'string' ? name : title}
      notes={
        <>
          {typeof name === 'string' && <span className="shrink-0 text-faint text-xs">{title}</span>}
          {tool?.ask_first === true && <span className="shrink-0 text-waiting text-xs">asks first</span>}
        </>
      }
      path={path}
      {...card}
    >
      {tool !== null && variant !== undefined ? (
        renderFields({ fields: variant.fields, config: tool, path, besides: ['kind'], onChange })
      ) : (
        <JsonInput
          value={value}
          onChange={(next) => onChange(next ?? null)}
          label={`Tool ${place}`}
          control={{ id: `${path}-json`, labelId: '', invalid: false, describedBy: undefined }}
        />
      )}
    </ItemCard>
  );
}
