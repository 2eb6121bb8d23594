import type { Template } from '@agentflow/contracts';
import { NodeIcon, nodeTypeTitle } from '@/components/node-icon.tsx';

const SHOWN = 7;

/** What a template is made of, as a row of icons: each type once, in the order in which it first comes. */
export function TemplateIcons({ nodes }: Pick<Template, 'nodes'>) {
  const types = [...new Set(nodes.map(({ type }) => type))];
  const further = types.length - SHOWN;
  return (
    <span role="img" aria-label={`Made of: ${types.map(nodeTypeTitle).join(', ')}`} className="flex items-center gap-1">
      {types.slice(0, SHOWN).map((type) => (
        <NodeIcon key={type} type={type} />
      ))}
      {further > 0 && (
        <span aria-hidden="true" className="ml-0.5 text-faint text-xs">
          +{further}
        </span>
      )}
    </span>
  );
}

/** The nodes one by one, by their names. */
export function TemplateSteps({ nodes }: Pick<Template, 'nodes'>) {
  return (
    <ul className="flex flex-wrap gap-1.5">
      {nodes.map(({ type, name }, index) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes, and names may repeat
          key={index}
          title={nodeTypeTitle(type)}
          className="flex items-center gap-1.5 rounded-md border border-line bg-sunken py-0.5 pr-2 pl-0.5 text-xs"
        >
          <NodeIcon type={type} className="size-5 border-transparent [&_svg]:size-3" />
          <span className="sr-only">{nodeTypeTitle(type)}: </span>
          {name}
        </li>
      ))}
    </ul>
  );
}
