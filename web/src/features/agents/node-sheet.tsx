import type { AgentDefinition, AgentNode, DefinitionProblem } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { X } from 'lucide-react';
import { useDeferredValue, useMemo } from 'react';
import { NodeIcon, nodeTypeTitle } from '@/components/node-icon.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { NodeForm } from '@/features/node-form/node-form.tsx';
import { useLastOutputs } from './last-outputs.ts';

interface NodeSheetProps {
  agentId: string;
  definition: AgentDefinition;
  nodeId: string;
  /** What the server found in this definition; what can be told here is told as one edits. */
  problems: readonly DefinitionProblem[];
  readOnly: boolean;
  onChange: (definition: AgentDefinition) => void;
  onClose: () => void;
}

/** The form of one node beside the draft that it changes. */
export default function NodeSheet(props: NodeSheetProps) {
  const { agentId, definition, nodeId, problems, readOnly, onChange, onClose } = props;
  const lastOutputs = useLastOutputs(agentId);
  const deferred = useDeferredValue(definition);
  const found = useMemo(() => validateDefinition(deferred), [deferred]);
  const told = useMemo(() => {
    const known = new Set(found.map(({ path, message }) => `${path} ${message}`));
    return [...found, ...problems.filter(({ path, message }) => !known.has(`${path} ${message}`))];
  }, [found, problems]);
  const index = definition.nodes.findIndex((node) => node.id === nodeId);
  const node = definition.nodes[index];
  if (node === undefined) return null;
  const change = (next: AgentNode) =>
    onChange({ ...definition, nodes: definition.nodes.map((each, at) => (at === index ? next : each)) });
  const title = node.name ?? node.id;
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      side="right"
      title={`${readOnly ? 'View' : 'Edit'} ${title}`}
    >
      <header className="flex items-center gap-3 border-line border-b px-5 py-3">
        <NodeIcon type={node.type} />
        <div className="min-w-0 flex-1">
          <p className="truncate font-semibold">{title}</p>
          <p className="truncate text-faint text-xs">
            {nodeTypeTitle(node.type)} · <code className="font-mono">{node.id}</code>
          </p>
        </div>
        <Button variant="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
        <NodeForm
          definition={definition}
          node={node}
          problems={told}
          lastOutputs={lastOutputs}
          onChange={change}
          readOnly={readOnly}
        />
      </div>
      {!readOnly && (
        <footer className="flex items-center justify-between gap-3 border-line border-t bg-sunken px-5 py-3">
          <p className="text-faint text-xs">Changes go to the draft on the page, which you save there.</p>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </footer>
      )}
    </Sheet>
  );
}
