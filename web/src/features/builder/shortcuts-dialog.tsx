import { Dialog, DialogBody } from '@/components/ui/dialog.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';

const CONTROL = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

const SHORTCUTS: readonly { readonly title: string; readonly keys: readonly (readonly [string, string])[] }[] = [
  {
    title: 'Build',
    keys: [
      ['A', 'Add a node, after the selected one or on the edge'],
      ['C', 'Connections of the selected node'],
      ['Enter', 'To its form; Esc leads back'],
      ['Delete', 'Delete what is selected'],
      [`${CONTROL} Enter`, 'Test the draft'],
      ['Shift F10', 'All that can be done with a node'],
      [`${CONTROL} D`, 'Duplicate'],
      [`${CONTROL} C, X, V`, 'Copy, cut, paste, also between agents'],
      [`${CONTROL} Z`, 'Undo'],
      [`Shift ${CONTROL} Z`, 'Redo'],
    ],
  },
  {
    title: 'Get around',
    keys: [
      ['Tab', 'Next node or edge, in the order in which they run'],
      ['Arrows', 'Move the selected nodes; with Shift further'],
      ['Alt A, H, D', 'Align left, centres, right'],
      ['Alt W, V, S', 'Align top, middles, bottom'],
      ['Alt Shift H, V', 'Distribute across, down'],
      ['Space', 'Add the focused node to the selection'],
      [`${CONTROL} A`, 'Select all'],
      ['Esc', 'Select nothing'],
      ['+ −', 'Zoom in, zoom out'],
      ['1', 'Show everything'],
      [`${CONTROL} K`, 'Go to a node, or add one, by its name'],
      ['?', 'This list'],
    ],
  },
  {
    title: 'With a mouse',
    keys: [
      ['Drag', 'Move around; on a node, move it'],
      ['Shift drag', 'Select a region'],
      ['Scroll', 'Move around'],
      [`${CONTROL} scroll`, 'Zoom'],
    ],
  },
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Shortcuts" className="max-w-2xl">
      <DialogBody className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {SHORTCUTS.map(({ title, keys }) => (
          <section key={title} aria-label={title}>
            <h3 className="mb-1.5 font-medium text-faint text-xs">{title}</h3>
            <dl className="flex flex-col gap-1.5">
              {keys.map(([key, what]) => (
                <div key={key} className="flex items-start justify-between gap-3 text-sm">
                  <dt className="order-last shrink-0">
                    <Kbd>{key}</Kbd>
                  </dt>
                  <dd className="min-w-0 text-soft">{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </DialogBody>
    </Dialog>
  );
}
