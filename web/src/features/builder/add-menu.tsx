import { Command } from 'cmdk';
import { Popover as Primitive } from 'radix-ui';
import { useMemo, useRef, useState } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { Popover, PopoverContent } from '@/components/ui/popover.tsx';
import { catalog } from './node-catalog.ts';
import type { AddRequest } from './use-adding.ts';

interface AddMenuProps {
  request: AddRequest;
  onChoose: (type: string) => void;
  onClose: () => void;
}

/** The node types as a list to search in, at the place where one will stand. */
export function AddMenu({ request, onChoose, onClose }: AddMenuProps) {
  const [search, setSearch] = useState('');
  const groups = useMemo(() => catalog(search, request.link === undefined), [search, request.link]);
  const chosen = useRef(false);
  const anchor = useRef({
    getBoundingClientRect: () => new DOMRect(request.anchor.x, request.anchor.y, 0, 0),
  });
  return (
    <Popover open onOpenChange={(open) => !open && onClose()}>
      <Primitive.Anchor virtualRef={anchor} />
      <PopoverContent
        align="start"
        side="right"
        className="w-72 overflow-hidden"
        aria-label="Add a node"
        onCloseAutoFocus={(event) => {
          // The node that was made has the focus.
          if (chosen.current) event.preventDefault();
        }}
      >
        <Command loop shouldFilter={false} label="Node types">
          <Command.Input
            value={search}
            onValueChange={setSearch}
            placeholder="What comes next?"
            className="h-10 w-full border-line border-b bg-transparent px-3 text-sm text-text placeholder:text-faint focus-visible:outline-none"
          />
          <Command.List className="max-h-80 overflow-y-auto p-1 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-faint [&_[cmdk-group-heading]]:text-xs">
            <Command.Empty className="px-3 py-6 text-center text-sm text-soft">No node fits “{search}”.</Command.Empty>
            {groups.map(({ title, types }) => (
              <Command.Group key={title} heading={title}>
                {types.map((type) => (
                  <Command.Item
                    key={type.type}
                    value={type.type}
                    onSelect={() => {
                      chosen.current = true;
                      onChoose(type.type);
                    }}
                    className="flex cursor-default select-none items-center gap-2.5 rounded-md px-2 py-1.5 data-[selected=true]:bg-hover"
                  >
                    <NodeIcon type={type.type} />
                    <span className="min-w-0">
                      <span className="block truncate text-sm text-text">{type.title}</span>
                      <span className="block truncate text-2xs text-faint">{type.description}</span>
                    </span>
                  </Command.Item>
                ))}
              </Command.Group>
            ))}
          </Command.List>
        </Command>
      </PopoverContent>
    </Popover>
  );
}
